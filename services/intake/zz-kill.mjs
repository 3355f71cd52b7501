import { Stack } from '@signalbox/test-stack';
import { AssignmentTopic, ConfigTopic, deadLettersOf, InboundTopic, IntakeTopic, ReplyReleased } from '@signalbox/contracts';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { SMTPServer } from 'smtp-server';
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const stack = await Stack.start({ kafkaBrokers: process.env.KAFKA_BROKERS.split(','), databaseUrl: process.env.DATABASE_URL, topics: [InboundTopic, IntakeTopic, AssignmentTopic, ConfigTopic, deadLettersOf('intake')] });
const arrived = [];
const relay = new SMTPServer({ authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], onData(s, _x, done) { let t = ''; s.on('data', (d) => (t += d)); s.on('end', () => { arrived.push(/^Message-ID: (.*)$/im.exec(t)[1].trim()); setTimeout(done, 20); }); } });
relay.on('error', () => {});
await new Promise((r) => relay.listen(0, '127.0.0.1', r));
const env = await stack.environmentFor('intake', { LOG_LEVEL: 'error', ATTACHMENTS_DIR: '/tmp/ik/files', REPLY_TOKEN_SECRETS: 'reply-token-secret-x', CHAT_TOKEN_SECRET: 'chat-token-secret-x', SUPPORT_ADDRESS: 'support@nordlicht.example', MAIL_DOMAIN: 'nordlicht.example', SMTP_PORT: '38125', PORT: '38126', SMTP_RELAY_URL: `smtp://127.0.0.1:${relay.server.address().port}?ignoreTLS=true` });
stack.attach('intake', [InboundTopic, AssignmentTopic, ConfigTopic]);
let child; let lines = [];
const start = () => new Promise((resolve, reject) => { child = spawn(process.execPath, ['services/intake/dist/main.js'], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] }); createInterface({ input: child.stdout }).on('line', (l) => { lines.push(l); if (l.includes('"http"')) resolve(); }); child.once('exit', (c, s) => { lines.push(`exit ${c} ${s}`); }); });
await start(); console.log(lines.join('\n'));
const ticks = () => { const p = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' '); return Number(p[13]) + Number(p[14]); };
await sleep(3000); const c0 = ticks(); await sleep(8000); console.log('idle CPU %', ((ticks() - c0) / 8).toFixed(2));
let killing = true; let kills = 0;
const killer = (async () => { while (killing) { await sleep(1200 + Math.random() * 1500); if (!killing) break; child.kill('SIGKILL'); kills++; await sleep(100); await start(); } })();
const N = 120; let sentOk = 0, refusals = 0; const outcomes = {};
const one = async (i) => { const t = nodemailer.createTransport({ host: '127.0.0.1', port: 38125, ignoreTLS: true, connectionTimeout: 3000 });
  for (;;) { try { const r = await t.sendMail({ envelope: { from: 'a@example.com', to: 'support@nordlicht.example' }, raw: `From: a${i}@example.com\r\nMessage-ID: <k${i}@example.com>\r\nSubject: k${i}\r\n\r\nbody ${i}` }); const o = r.response.split(' ').at(-1); outcomes[o] = (outcomes[o] ?? 0) + 1; sentOk++; t.close(); return; } catch { refusals++; await sleep(200); } } };
const form = async (i) => { for (;;) { try { const r = await fetch('http://127.0.0.1:38126/intake/v1/tickets', { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': `k${i}` }, body: JSON.stringify({ customer: { email: `w${i}@example.com` }, subject: `w${i}`, body: 'x' }) }); if (r.status === 202) return; refusals++; } catch { refusals++; } await sleep(150); } };
const queue = Array.from({ length: N }, (_, i) => i);
await Promise.all(Array.from({ length: 4 }, async () => { for (let i; (i = queue.shift()) !== undefined; ) { await one(i); await form(i); await sleep(50); } }));
const tickets = await stack.query('intake', 'select ticket_id from ticket');
for (const [n, { ticket_id: id }] of tickets.entries()) { await stack.publish(ReplyReleased(id, { ticket: { status: 'open', agentId: 'ana', offer: null, epoch: 1, priorityOverride: null, queueOverride: null, extraSkills: {}, firstQueuedAt: '2026-11-24T09:00:00.000Z', relaxFrom: '2026-11-24T09:00:00.000Z', excludedAgentIds: [] }, messageId: `m-${id}`, agentId: 'ana', text: `reply ${n}` })); if (n % 20 === 0) await sleep(150); }
await sleep(4000); killing = false; await killer;
// Leases of killed claims: free them now instead of waiting 120 s.
for (let i = 0; i < 40; i++) { await stack.query('intake', `update outgoing set next_attempt_at = now() where state='waiting' and next_attempt_at < now() + interval '3 minutes' and next_attempt_at > now() + interval '3 seconds'`); await sleep(1000); const [{ n }] = await stack.query('intake', `select count(*)::int n from outgoing where state='sent'`); if (n === tickets.length) break; }
await stack.settled(60000);
const ev = stack.events(IntakeTopic); const by = (t) => ev.filter((e) => e.type === t);
console.log({ kills, refusals, outcomes, tickets: tickets.length, received: by('TicketReceived').length, distinct: new Set(by('TicketReceived').map((e) => e.ticketId)).size, outgoing: await stack.query('intake', 'select state, count(*)::int n, max(attempts) m from outgoing group by state'), delivered: by('MessageDelivered').length, deliveredDistinct: new Set(by('MessageDelivered').map((e) => e.data.messageId)).size, failed: by('DeliveryFailed').length, mails: arrived.length, mailsDistinct: new Set(arrived).size, deadLetters: stack.rawRecords(deadLettersOf('intake').name).length });
const t0 = Date.now(); child.kill('SIGTERM'); await new Promise((r) => child.once('exit', r)); console.log(lines.at(-1), Date.now() - t0, 'ms');
await stack.stop(); relay.close(); process.exit(0);
