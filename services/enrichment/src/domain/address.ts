import { keptText } from './text.js';

const ADDRESS_LENGTH_MAX = 254;

/** One spelling of an address, by which tickets and profiles meet; null for none at all, which would make strangers one person. */
export const addressFrom = (address: string): string | null => keptText(address, ADDRESS_LENGTH_MAX).trim().toLowerCase() || null;
