import MailComposer from 'nodemailer/lib/mail-composer';
import { judgeMail } from '../mail/mail-verdict.js';
import { readMail, type ReceivedMail } from '../mail/mail.js';
import { referencesToLookUp, threadMail } from '../mail/threading.js';
import { composeReplyMail, type ReplyMail } from './reply-mail.js';

const secrets = ['secret'];
const ticketId = '0195f3a0-7b1c-7def-8a12-0123456789ab';
const reply = (parts: Partial<ReplyMail> = {}): ReplyMail => ({
  ticket: { ticketId, number: 1042, subject: 'Where is my order?' },
  message: { messageId: '0195f3a0-7b1c-7def-8a12-ba9876543210', text: 'On its way.\n\nAnn' },
  to: { address: 'bob@example.com', name: 'Bob Example' },
  mailbox: { address: 'support@example.org', name: 'Example support' },
  references: ['<a@example.com>', '<b@example.com>'],
  automatic: false,
  ...parts,
});

/** What the other side receives: through the real composer and our own reader. */
async function received(parts: Partial<ReplyMail> = {}): Promise<ReceivedMail> {
  const raw = await new MailComposer(composeReplyMail(reply(parts), secrets)).compile().build();
  const mail = await readMail(raw, new Date());
  if (mail.kind !== 'mail') throw new Error(mail.reason);
  return mail;
}

describe('composeReplyMail', () => {
  it('answers the last mail of the conversation', async () => {
    expect(await received()).toMatchObject({
      from: { address: 'support@example.org', name: 'Example support' },
      to: [{ address: 'bob@example.com', name: 'Bob Example' }],
      subject: expect.stringMatching(/^Re: Where is my order\? \[#1042-[a-z2-7]{8}\]$/),
      text: expect.stringContaining('On its way.\n\nAnn'),
      inReplyTo: ['<b@example.com>'],
      references: ['<a@example.com>', '<b@example.com>'],
      messageId: expect.stringMatching(/@example\.org>$/),
      replyTo: { address: expect.stringMatching(/^support\+.+@example\.org$/) },
    });
  });

  it('is found again by each of its three marks', async () => {
    const sent = await received();
    const answer = { from: { address: 'bob@example.com' }, to: [], deliveredTo: [], subject: '', inReplyTo: [], references: [] };
    const found = {
      ticketIds: new Set([ticketId]),
      ticketIdByMessageId: new Map(),
      numbered: { ticketId, participants: ['bob@example.com'] },
    };
    for (const mark of [{ inReplyTo: [sent.messageId!] }, { to: [sent.replyTo!] }, { subject: `Re: ${sent.subject}` }]) {
      const mail = { ...answer, ...mark };
      expect(threadMail(mail, referencesToLookUp(mail, secrets), found)).toMatchObject({ kind: 'reply', ticketId });
    }
  });

  it('is recognised as our own when it comes back, even without its Message-ID', async () => {
    const { messageId: _replaced, ...mail } = await received({ mailbox: { address: 'alias@example.net' } });
    expect(judgeMail(mail, { addresses: ['support@example.org'], secrets })).toMatchObject({ kind: 'own-loop' });
  });

  it('says that it is automatic only when it is', () => {
    const automatic = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };
    expect(composeReplyMail(reply({ automatic: true }), secrets).headers).toMatchObject(automatic);
    expect(Object.keys(composeReplyMail(reply(), secrets).headers ?? {})).toEqual(['X-Signalbox-Mail']);
  });

  it('carries the last line below the text, alone on its line', async () => {
    const lastLine = `Rate it here: https://help.example.com/intake/v1/ratings/${ticketId}.0123456789abcdefghijklmnopq`;
    expect((await received({ lastLine })).text.trimEnd().split('\n').slice(-2)).toEqual(['', lastLine]);
  });

  it('repeats neither Re: nor its own token', async () => {
    const { subject } = composeReplyMail(reply(), secrets);
    expect(composeReplyMail(reply({ ticket: { ticketId, number: 1042, subject: subject! } }), secrets).subject).toBe(subject);
    expect(composeReplyMail(reply({ ticket: { ticketId, number: 7, subject: 'AW: Frage' } }), secrets).subject).toMatch(/^AW: Frage \[#7-/);
  });

  it('lets no text break out into the headers', async () => {
    const evil = 'x\r\nBcc: eve@example.com';
    const mail = await received({
      ticket: { ticketId, number: 1042, subject: evil },
      to: { address: 'bob@example.com', name: `${evil}" <eve@example.com>, "` },
      message: { messageId: 'm1', text: `a\0b\ud800\r\n${evil}` },
    });
    expect(mail.to.map(({ address }) => address)).toEqual(['bob@example.com']);
    expect(mail.subject).toMatch(/^Re: x Bcc: eve@example.com \[#1042-/);
  });

  it('starts a conversation without references', () => {
    const options = composeReplyMail(reply({ references: [] }), secrets);
    expect([options.inReplyTo, options.references]).toEqual([undefined, undefined]);
  });

  it('keeps the first and the last references of a long thread', () => {
    const references = Array.from({ length: 50 }, (_, index) => `<${index}@example.com>`);
    const { references: kept } = composeReplyMail(reply({ references }), secrets);
    expect(kept).toHaveLength(20);
    expect([kept?.[0], kept?.at(-1)]).toEqual(['<0@example.com>', '<49@example.com>']);
  });
});
