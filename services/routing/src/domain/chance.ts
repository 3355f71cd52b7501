/** A number from text, for seeds: FNV-1a, 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Mixes two numbers into one whose bits all depend on all of theirs (the finalizer of MurmurHash3). */
export function mixed(one: number, other: number): number {
  let bits = one ^ Math.imul(other, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Between 0 and 1, neither included. */
export const shareOf = (hash: number): number => (hash + 0.5) / 2 ** 32;

/** Two independent standard normal numbers (Box and Muller 1958). */
export function twoNormals(seed: number): readonly [number, number] {
  const radius = Math.sqrt(-2 * Math.log(shareOf(mixed(seed, 1))));
  const angle = 2 * Math.PI * shareOf(mixed(seed, 2));
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** True for this share of all tickets, for ever the same ones. */
export const isHeldOut = (ticketId: string, holdoutShare: number): boolean => shareOf(mixed(hashOf(ticketId), 0x40)) < holdoutShare;
