import { IntakeTopic, ReplyReleased } from '@signalbox/contracts';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { signReplyToken, subjectToken } from '../src/domain/mail/reply-token.js';
import { OWN_MAIL_HEADER } from '../src/domain/mail/mail-verdict.js';
import { aTicketSnapshot } from './a-ticket-snapshot.js';
import { aMail, sendMail } from './mail-client.js';
import { OPERATOR_TOKEN, REPLY_SECRET, RunningIntake, SUPPORT_ADDRESS } from './running-intake.js';
import { Vendors } from './vendors.js';

let running: RunningIntake;
let vendors: Vendors;
let smtp = '';
beforeAll(async () => {
  vendors = await Vendors.start();
  running = await RunningIntake.start({ SMTP_PORT: '0', SMTP_RELAY_URL: vendors.environment['SMTP_RELAY_URL'] });
  smtp = await smtpAddress();
});
afterAll(async () => {
  await running.stop();
  await vendors.stop();
});

const smtpAddress = async () => ((await (await fetch(`${running.http}/healthz`)).json()) as { smtp: string }).smtp;
/** Sends it twice and says what became of each. */
const twice = async (mail: string, envelope = {}) => [await sendMail(smtp, mail, envelope), await sendMail(smtp, mail, envelope)];
const ticketOf = async (messageId: string) => {
  const [row] = await running.query<{ ticket_id: string; number: number; text: string; message_id: string }>(
    'select ticket_id, number::int as number, text, message_id from message join ticket using (ticket_id) where provider_message_id = $1',
    [messageId],
  );
  return row!;
};
const quarantine = async () => {
  const response = await fetch(`${running.http}/operator/quarantine`, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
  return (await response.json()) as { rawId: string; door: string; reason: string; sizeBytes: number }[];
};

describe('a mail over SMTP', () => {
  it('becomes one ticket, though it is delivered twice', async () => {
    const mail = aMail(
      { 'Message-ID': '<first@example.com>', Subject: '=?utf-8?B?R3LDvMOfZQ==?=', 'Reply-To': 'home@example.com' },
      'Hello\n-- \nAnn',
    );
    expect(await twice(mail)).toEqual(['ticket', 'duplicate']);
    const { ticket_id: ticketId, number } = await ticketOf('<first@example.com>');
    await running.stack.settled();
    expect(running.stack.eventsAbout(ticketId, IntakeTopic)).toMatchObject([
      {
        type: 'TicketReceived',
        data: {
          number,
          door: 'smtp',
          channel: 'email',
          channelAccount: SUPPORT_ADDRESS,
          subject: 'Grüße',
          customer: { address: 'home@example.com', name: 'Ann' },
        },
      },
    ]);
    const [original] = await running.query<{ bytes: Buffer }>('select bytes from raw_original where ticket_id = $1', [ticketId]);
    expect(original!.bytes.toString()).toBe(`${mail}\r\n`);
  });

  it.each([
    ['its plus address', (id: string) => ({ To: `support+${signReplyToken({ ticketId: id }, [REPLY_SECRET])}@nordlicht.example` })],
    ['In-Reply-To', () => ({ 'In-Reply-To': '<threaded@example.com>' })],
    ['References', () => ({ References: '<threaded@example.com> <unknown@example.com>' })],
  ])('joins its ticket by %s, without what it quotes', async (name, headersOf) => {
    await sendMail(smtp, aMail({ 'Message-ID': '<threaded@example.com>', Subject: 'Thread' }, 'First'));
    const { ticket_id: ticketId } = await ticketOf('<threaded@example.com>');
    const reply = aMail(
      { 'Message-ID': `<by ${name}@example.com>`.replaceAll(' ', '-'), Subject: 'Re: Thread', ...headersOf(ticketId) },
      'Yes, please.\n\nOn Tue, 24 Nov 2026 at 10:00, Support <support@nordlicht.example> wrote:\n> Shall we?',
    );
    expect(await twice(reply)).toEqual(['reply', 'duplicate']);
    expect(await ticketOf(`<by ${name}@example.com>`.replaceAll(' ', '-'))).toMatchObject({ ticket_id: ticketId, text: 'Yes, please.' });
  });

  it('joins by the number in its subject only when it is signed and a participant writes', async () => {
    await sendMail(smtp, aMail({ 'Message-ID': '<numbered@example.com>', Subject: 'Numbered' }, 'First'));
    const { number } = await ticketOf('<numbered@example.com>');
    const subject = `Re: Numbered ${subjectToken(number, [REPLY_SECRET])}`;
    expect(await sendMail(smtp, aMail({ 'Message-ID': '<n1@example.com>', Subject: subject }, 'mine'))).toBe('reply');
    expect(await sendMail(smtp, aMail({ 'Message-ID': '<n2@example.com>', Subject: subject, From: 'eve@example.org' }, 'not mine'))).toBe(
      'ticket',
    );
    expect(
      await sendMail(smtp, aMail({ 'Message-ID': '<n3@example.com>', Subject: `Re: Numbered [#${number}-aaaaaaaa]` }, 'guessed')),
    ).toBe('ticket');
  });

  it('keeps a large original and every attachment as files, in place before the 250', async () => {
    const content = Buffer.alloc(400_000, 'signal box ');
    const encoded = content.toString('base64').replace(/.{76}/g, '$&\n');
    const mail = [
      'From: ann@example.com',
      'Subject: Big',
      'Message-ID: <big@example.com>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'See the file.',
      '--b',
      'Content-Type: application/pdf; name="../bill.pdf"',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="../bill.pdf"',
      '',
      encoded,
      '--b--',
    ]
      .join('\n')
      .replace(/\n/g, '\r\n');
    expect(await twice(mail)).toEqual(['ticket', 'duplicate']);
    const { ticket_id: ticketId } = await ticketOf('<big@example.com>');
    const [original] = await running.query<{ bytes: null; sha256: string }>('select bytes, sha256 from raw_original where ticket_id = $1', [
      ticketId,
    ]);
    expect(original!.bytes).toBeNull();
    const pathOf = (sha256: string) => join(running.attachmentsDir, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
    expect((await readFile(pathOf(original!.sha256))).toString('latin1')).toBe(`${mail}\r\n`);
    await running.stack.settled();
    const [received] = running.stack.eventsAbout(ticketId, IntakeTopic) as unknown as { data: { attachments: object[]; text: string } }[];
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(received!.data).toMatchObject({
      text: 'See the file.',
      attachments: [{ filename: '.._bill.pdf', contentType: 'application/pdf', sizeBytes: 400_000, sha256 }],
    });
    expect((await stat(pathOf(sha256))).size).toBe(400_000);
    expect(await running.query('select sha256 from attachment where ticket_id = $1', [ticketId])).toEqual([{ sha256 }]);
  });

  it('threads an automatic reply, and does not open a closed ticket again because of it', async () => {
    await sendMail(smtp, aMail({ 'Message-ID': '<vacation@example.com>', Subject: 'V' }, 'First'));
    const { ticket_id: ticketId } = await ticketOf('<vacation@example.com>');
    await running.query(`update ticket set status = 'closed' where ticket_id = $1`, [ticketId]);
    const headers = { 'Message-ID': '<ooo@example.com>', 'In-Reply-To': '<vacation@example.com>', 'Auto-Submitted': 'auto-replied' };
    expect(await sendMail(smtp, aMail(headers, 'I am away.'))).toBe('reply');
    await running.stack.settled();
    expect(running.stack.eventsAbout(ticketId, IntakeTopic).at(-1)).toMatchObject({
      type: 'MessageReceived',
      data: { kind: 'auto-reply' },
    });
    const human = aMail({ 'Message-ID': '<back@example.com>', 'In-Reply-To': '<vacation@example.com>' }, 'I am back.');
    expect(await sendMail(smtp, human)).toBe('ticket');
    await running.stack.settled();
    const followUp = (await ticketOf('<back@example.com>')).ticket_id;
    expect(running.stack.eventsAbout(followUp, IntakeTopic)).toMatchObject([{ data: { followsTicketId: ticketId } }]);
  });

  it('is refused for a stranger, and above 25 MB, in words of SMTP', async () => {
    const mail = aMail({ Subject: 'x' }, 'x');
    await expect(sendMail(smtp, mail, { to: 'someone@elsewhere.example' })).rejects.toMatchObject({ responseCode: 550 });
    expect(await sendMail(smtp, mail, { to: ['billing+x@NORDLICHT.example'] })).toBe('ticket');
    const large = aMail({ Subject: 'large' }, `${'x'.repeat(70)}\n`.repeat(360_000));
    await expect(sendMail(smtp, large)).rejects.toMatchObject({ responseCode: 552 });
    expect(await running.query(`select 1 from ticket where subject = 'large'`)).toEqual([]);
  });

  it('waits in quarantine when nobody can answer or read it, or when it is our own', async () => {
    const bomb = aMail({ Subject: 'bomb', 'Content-Type': 'multipart/mixed; boundary=b' }, '--b\n\nx\n'.repeat(20_000));
    const own = aMail({ Subject: 'own', [OWN_MAIL_HEADER]: signReplyToken({ ticketId: 't', messageId: 'm' }, [REPLY_SECRET]) }, 'Hello me');
    const nobody = aMail({ From: '', Subject: 'nobody' }, 'x');
    expect(await twice(bomb)).toEqual(['quarantined', 'duplicate']);
    expect(await twice(own)).toEqual(['quarantined', 'duplicate']);
    expect(await twice(nobody, { from: '' })).toEqual(['quarantined', 'duplicate']);
    const listed = await quarantine();
    expect(listed.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('no usable sender'),
      expect.stringContaining('our own mail came back'),
      expect.stringContaining('cannot be parsed'),
    ]);
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    const original = await fetch(`${running.http}/operator/quarantine/${listed[1]!.rawId}`, { headers });
    expect(await original.text()).toBe(`${own}\r\n`);
    expect((await fetch(`${running.http}/operator/quarantine`)).status).toBe(403);
    expect((await fetch(`${running.http}/operator/quarantine/unknown`, { headers })).status).toBe(404);
    const metrics = await (await fetch(`${running.http}/metrics`)).text();
    expect(metrics).toContain('signalbox_intake_quarantined_originals{door="smtp"} 3');
  });

  it('fails our message when its mail comes back, once', async () => {
    await sendMail(smtp, aMail({ 'Message-ID': '<bounced@example.com>', Subject: 'B' }, 'First'));
    const { ticket_id: ticketId } = await ticketOf('<bounced@example.com>');
    const reply = ReplyReleased(ticketId, { ticket: aTicketSnapshot(), messageId: 'bounced-reply', agentId: 'ana', text: 'An answer.' });
    await running.stack.publish(reply, reply);
    const [mail] = await running.until(
      () => vendors.mails.filter((one) => one.text?.trim() === 'An answer.'),
      (mails) => mails.length > 0,
    );
    await running.until(
      () => running.query(`select 1 from outgoing where state = 'sent' and message_id = 'bounced-reply'`),
      (rows) => rows.length > 0,
    );
    const report = (id: string) =>
      aMail(
        {
          From: 'MAILER-DAEMON@example.com',
          'Message-ID': id,
          'Content-Type': 'multipart/report; report-type=delivery-status; boundary=b',
        },
        `--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; ann@example.com\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: ${mail!.messageId}\n\nAn answer.\n--b--`,
      );
    expect(await twice(report('<report-1@example.com>'), { from: '' })).toEqual(['reply', 'duplicate']);
    expect(await sendMail(smtp, report('<report-2@example.com>'), { from: '' })).toBe('reply');
    await running.stack.settled();
    expect(running.stack.eventsAbout(ticketId, IntakeTopic)).toMatchObject([
      { type: 'TicketReceived' },
      { type: 'MessageDelivered', data: { messageId: 'bounced-reply', providerMessageId: mail!.messageId } },
      { type: 'MessageReceived', data: { kind: 'bounce' } },
      { type: 'DeliveryFailed', data: { messageId: 'bounced-reply', final: true, reason: expect.stringContaining('5.1.1') } },
      { type: 'MessageReceived', data: { kind: 'bounce' } },
    ]);
  });

  it('is put off with 451 while the database is away, and taken afterwards', async () => {
    const mail = aMail({ 'Message-ID': '<outage@example.com>', Subject: 'Outage' }, 'x');
    const database = new URL(running.stack.databaseUrlOf('intake')).pathname.slice(1);
    await running.stack.closeDatabase(database);
    await expect(sendMail(smtp, mail)).rejects.toMatchObject({ responseCode: 451 });
    await running.stack.openDatabase(database);
    expect(await twice(mail)).toEqual(['ticket', 'duplicate']);
  });

  it('finds another port and the same tickets after a restart', async () => {
    await running.restart();
    smtp = await smtpAddress();
    expect(
      await sendMail(
        smtp,
        aMail(
          { 'Message-ID': '<first@example.com>', Subject: '=?utf-8?B?R3LDvMOfZQ==?=', 'Reply-To': 'home@example.com' },
          'Hello\n-- \nAnn',
        ),
      ),
    ).toBe('duplicate');
  });
});
