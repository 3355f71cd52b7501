import nodemailer from 'nodemailer';
import { SUPPORT_ADDRESS } from './running-intake.js';

/** A mail as its bytes would be: header lines, an empty line, the body. */
export const aMail = (headers: Record<string, string>, body: string): string =>
  [
    ...Object.entries({ From: 'Ann <ann@example.com>', To: SUPPORT_ADDRESS, 'Content-Type': 'text/plain; charset=utf-8', ...headers })
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ]
    .join('\n')
    .replace(/\r?\n/g, '\r\n');

/** One mail over a real SMTP session; the outcome is the last word of the server's 250, or its refusal is thrown. */
export async function sendMail(
  smtp: string,
  raw: string | Buffer,
  envelope: { from?: string; to?: string | string[] } = {},
): Promise<string> {
  const colon = smtp.lastIndexOf(':');
  const transport = nodemailer.createTransport({ host: smtp.slice(0, colon), port: Number(smtp.slice(colon + 1)), ignoreTLS: true });
  try {
    const sent = await transport.sendMail({
      envelope: { from: envelope.from ?? 'ann@example.com', to: envelope.to ?? SUPPORT_ADDRESS },
      raw,
    });
    return sent.response.split(' ').at(-1)!;
  } finally {
    transport.close();
  }
}
