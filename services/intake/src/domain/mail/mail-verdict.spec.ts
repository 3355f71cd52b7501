import { customerOf, judgeMail, OWN_MAIL_HEADER, type JudgedMail } from './mail-verdict.js';
import { readMail } from './mail.js';
import { messageIdOf, signReplyToken } from './reply-token.js';

const own = { addresses: ['support@example.org'], secrets: ['secret'] };

async function verdictOf(...headers: string[]): Promise<string> {
  const lines = headers.some((header) => header.startsWith('From:')) ? headers : ['From: ann@example.com', ...headers];
  const mail = await readMail(Buffer.from([...lines, '', 'x'].join('\r\n')), new Date());
  if (mail.kind !== 'mail') throw new Error(mail.reason);
  return judgeMail(mail, own).kind;
}

describe('judgeMail', () => {
  it.each([
    [],
    ['Auto-Submitted: no'],
    ['Auto-Submitted: No (really)'],
    ['Return-Path: <ann@example.com>', 'Precedence: first-class'],
    ['X-Auto-Response-Suppress: None'],
    ['Subject: Automatic teller machine ate my card'],
  ])('takes %j for human', async (...headers) => {
    expect(await verdictOf(...headers)).toBe('human');
  });

  it.each([
    ['Auto-Submitted: auto-replied (vacation)'],
    ['Auto-Submitted: AUTO-GENERATED'],
    ['Auto-Submitted: auto-replied', 'Return-Path: <>'],
    ['X-Autoreply: yes', 'Return-Path: <>'],
    ['Precedence: auto_reply'],
    ['Precedence: bulk'],
    ['Precedence: junk'],
    ['X-Precedence: list'],
    ['X-Autorespond: Out of office'],
    ['X-Auto-Response-Suppress: DR, OOF, AutoReply'],
    ['Content-Type: multipart/report; report-type=disposition-notification; boundary=b'],
  ])('takes %j for an automatic reply', async (...headers) => {
    expect(await verdictOf(...headers)).toBe('auto-reply');
  });

  it.each([
    ['Content-Type: multipart/report; report-type=delivery-status; boundary=b'],
    ['Content-Type: multipart/report;\r\n boundary=b;\r\n report-type="delivery-status"', 'Auto-Submitted: auto-replied'],
    ['X-Failed-Recipients: gone@example.net'],
    ['From: Mail Delivery System <MAILER-DAEMON@mail.example.net>'],
    ['From: postmaster@example.net'],
    ['Return-Path: <>'],
  ])('takes %j for a bounce', async (...headers) => {
    expect(await verdictOf(...headers)).toBe('bounce');
  });

  it('knows the null sender of the envelope', async () => {
    const mail = (await readMail(Buffer.from('From: ann@example.com\r\n\r\nx'), new Date(), '')) as JudgedMail;
    expect(judgeMail(mail, own)).toEqual({ kind: 'bounce', because: 'its Return-Path is empty' });
  });

  it.each([
    [`Message-ID: ${messageIdOf(signReplyToken({ ticketId: 't1', messageId: 'm1' }, own.secrets), 'example.org')}`],
    [`${OWN_MAIL_HEADER}: ${signReplyToken({ ticketId: 't1', messageId: 'm1' }, own.secrets)}`],
    ['From: Support <Support@Example.org>'],
    ['From: support+token@example.org', 'Reply-To: support@example.org'],
  ])('sees our own mail in %j', async (...headers) => {
    expect(await verdictOf(...headers)).toBe('own-loop');
  });

  it('does not take a forged token for our own mail', async () => {
    const forged = messageIdOf(signReplyToken({ ticketId: 't1', messageId: 'm1' }, ['guess']), 'example.org');
    expect(await verdictOf(`Message-ID: ${forged}`)).toBe('human');
  });

  it('sees the customer behind our own web form', async () => {
    expect(await verdictOf('From: support@example.org', 'Reply-To: ann@example.com')).toBe('human');
  });
});

describe('customerOf', () => {
  it('is the sender, not where the sender wants answers, unless the sender is ourselves', () => {
    const ann = { address: 'ann@example.com' };
    const bob = { address: 'bob@example.com' };
    expect(customerOf({ from: ann, replyTo: bob }, own)).toBe(ann);
    expect(customerOf({ from: { address: 'support@example.org' }, replyTo: bob }, own)).toBe(bob);
  });
});
