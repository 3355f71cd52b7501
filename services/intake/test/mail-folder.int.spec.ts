import { IntakeTopic } from '@signalbox/contracts';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aMail, sendMail } from './mail-client.js';
import { RunningIntake } from './running-intake.js';

/** Mails that lie beside the repository on a developer's machine. */
const BESIDE = ['mail-ruby-mail', 'mail-mailparser'].map((name) => join(import.meta.dirname, '../../../../shared/data', name));

/** MAILS_DIR, or the mails beside the repository, or a few of our own: odd ones, an answer, an automatic reply, a bounce. */
async function mails(): Promise<Buffer[]> {
  const folders = (process.env['MAILS_DIR'] === undefined ? BESIDE : [process.env['MAILS_DIR']]).filter((folder) => existsSync(folder));
  const entries = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })));
  const files = entries.flat().filter((file) => file.isFile() && !/^\.|LICENSE|README/.test(file.name));
  if (files.length > 0) return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
  const made = [
    aMail({ 'Message-ID': '<a@example.com>', Subject: 'A' }, 'first'),
    aMail({ 'Message-ID': '<b@example.com>', 'In-Reply-To': '<a@example.com>', Subject: 'Re: A' }, 'second'),
    aMail({ 'Message-ID': '<c@example.com>', 'Auto-Submitted': 'auto-replied', Subject: 'away' }, 'third'),
    aMail({ From: 'mailer-daemon@example.com', Subject: 'failed' }, 'fourth'),
    aMail({ From: '', Subject: 'nobody' }, 'fifth'),
    aMail({ 'Content-Type': 'text/plain; charset=nonsense', Subject: '=?nonsense?Q?=FF?=' }, 'sixth \xff\x00'),
  ];
  return made.map((mail) => Buffer.from(mail, 'latin1'));
}

let running: RunningIntake;
beforeAll(async () => {
  running = await RunningIntake.start({ SMTP_PORT: '0' });
});
afterAll(() => running.stop());

it('accounts for every mail of a folder, each sent twice, to the unit', async () => {
  const smtp = ((await (await fetch(`${running.http}/healthz`)).json()) as { smtp: string }).smtp;
  const all = await mails();
  expect(all.length).toBeGreaterThan(5);
  const count = async (sql: string) => Number((await running.query<{ n: string }>(`select count(*) as n from ${sql}`))[0]!.n);
  const outcomes: string[] = [];
  for (const mail of all) {
    const from = /^From:[^\n]*?([^\s<>"(),;:]+@[^\s<>"(),;:]+)/im.exec(mail.toString('latin1'))?.[1] ?? '';
    // SMTP carries lines that end in CR LF.
    const raw = Buffer.from(mail.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
    const envelope = { from: /^[\x21-\x7e]+$/.test(from) ? from : '' };
    outcomes.push(await sendMail(smtp, raw, envelope), await sendMail(smtp, raw, envelope));
  }
  await running.stack.settled();
  const tally = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  const accounted = {
    tickets: await count('ticket'),
    replies: await count(`message m where exists (select from message f where f.ticket_id = m.ticket_id and f.position < m.position)`),
    quarantined: await count('raw_original where quarantine_reason is not null'),
    duplicates: tally('duplicate'),
  };
  expect(accounted.tickets + accounted.replies + accounted.quarantined + accounted.duplicates).toBe(all.length * 2);
  expect(accounted).toEqual({
    tickets: tally('ticket'),
    replies: tally('reply'),
    quarantined: tally('quarantined'),
    duplicates: tally('duplicate'),
  });
  // Every second one is the first again; some files of a folder may be the same mail, too.
  expect(outcomes.filter((_, index) => index % 2 === 1).every((outcome) => outcome === 'duplicate')).toBe(true);
  const events = running.stack.events(IntakeTopic);
  expect(events.filter((event) => event.type === 'TicketReceived')).toHaveLength(accounted.tickets);
  expect(events.filter((event) => event.type === 'MessageReceived')).toHaveLength(accounted.replies);
  const originals = await running.query<{ n: string }>(
    'select count(*) as n from raw_original where bytes is not null or sha256 is not null',
  );
  expect(Number(originals[0]!.n)).toBe(all.length * 2 - accounted.duplicates);
  console.log(`${all.length} mails, each sent twice: ${JSON.stringify(accounted)}`);
});
