import type { AddressObject, EmailAddress } from 'mailparser';
import { cleanLine } from '../text.js';

export interface MailAddress {
  address: string;
  name?: string;
}

const NAME_LENGTH_MAX = 200;
/** RFC 5321: 64 octets before the @, 254 in all. Not the whole grammar: what a mail can really be sent to. */
const ADDRESS = /^[^\s@<>()[\],;:"\\]{1,64}@[^\s@<>()[\],;:"\\]{1,190}$/u;

/** The address with its domain in lower case, or undefined if no mail could be sent to it. */
export function usableAddress(address: string): string | undefined {
  const clean = cleanLine(address, 400);
  if (clean.length > 254 || !ADDRESS.test(clean) || clean.endsWith('.')) return undefined;
  const at = clean.lastIndexOf('@');
  return clean.slice(0, at) + clean.slice(at).toLowerCase();
}

/** The usable addresses of a header that mailparser has parsed, groups opened. */
export function addressesOf(header: AddressObject | AddressObject[] | undefined): MailAddress[] {
  const open = (entries: EmailAddress[]): EmailAddress[] => entries.flatMap((entry) => (entry.group ? open(entry.group) : [entry]));
  return open([header ?? []].flat().flatMap((object) => object.value)).flatMap(({ address, name }) => {
    const usable = usableAddress(address ?? '');
    return usable ? [withName(usable, name)] : [];
  });
}

/** The first thing that looks like an address in a header nobody could parse. */
export function firstAddressIn(value: string): MailAddress | undefined {
  for (const word of value.slice(0, 2_000).split(/[\s<>()[\],;:"]+/)) {
    const usable = usableAddress(word);
    if (usable) return { address: usable };
  }
  return undefined;
}

/** `support+token@example.com` → `support@example.com`; the part after the plus belongs to the mailbox's owner. */
export const withoutPlus = (address: string): string => address.replace(/\+[^@]*@/, '@');

export const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** One of our mailboxes, with or without a plus part. */
export const isOwn = (address: string, ownAddresses: readonly string[]): boolean =>
  ownAddresses.some((own) => sameAddress(own, withoutPlus(address)));

function withName(address: string, name: string): MailAddress {
  const clean = cleanLine(name, NAME_LENGTH_MAX);
  return clean && !sameAddress(clean, address) ? { address, name: clean } : { address };
}
