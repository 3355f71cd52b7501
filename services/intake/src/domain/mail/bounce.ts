import { usableAddress } from './mail-address.js';

/** What a bounce says about the mail that bounced. */
export interface Bounce {
  /** Message-IDs of the returned mail; ours carry the ticket in them. */
  messageIds: string[];
  recipients: { address: string; status?: string; permanent: boolean }[];
}

/** Reports are short; a returned 30 MB attachment says nothing. */
const SCANNED_BYTES_MAX = 512 * 1024;
const FOUND_MAX = 20;

/**
 * Reads the delivery status (RFC 3464) and the returned headers out of the raw bytes: servers label these parts in many ways,
 * but must not encode them. `permanent` is a status of class 5; without a status the server has given up.
 */
export function readBounce(raw: Uint8Array): Bounce {
  const text = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, SCANNED_BYTES_MAX))
    .toString('latin1')
    .replaceAll('\r\n', '\n');
  const body = text.slice(Math.max(0, text.indexOf('\n\n')));

  const messageIds = [...body.matchAll(/^(?:original-)?message-id[ \t]*:\s{0,5}(<[^<>\s]{3,400}>)/gim)].map((match) => match[1]!);
  const blocks = body.split(/\n[ \t]*\n/).filter((block) => /^final-recipient[ \t]*:/im.test(block));
  const reported = blocks.flatMap((block) => {
    const address = usableAddress(/^final-recipient[ \t]*:[^;\n]{0,40};[ \t]*<?([^\s<>]{3,254})/im.exec(block)?.[1] ?? '');
    const status = /^status[ \t]*:[ \t]*(\d\.\d{1,3}\.\d{1,3})/im.exec(block)?.[1];
    return address ? [{ address, ...(status && { status }), permanent: !status || status.startsWith('5') }] : [];
  });
  const failed = /^x-failed-recipients[ \t]*:([^\n]{1,2000})/im.exec(text)?.[1] ?? '';
  const named = failed
    .split(',')
    .flatMap((address) => usableAddress(address) ?? [])
    .map((address) => ({ address, permanent: true }));
  return {
    messageIds: [...new Set(messageIds)].slice(0, FOUND_MAX),
    recipients: (reported.length > 0 ? reported : named).slice(0, FOUND_MAX),
  };
}
