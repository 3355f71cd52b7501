import { IntakeTopic, MessageSubmitted, TicketClosed, TicketMerged, TicketSubmitted, type Draft } from '@signalbox/contracts';
import { signReplyToken } from '../src/domain/mail/reply-token.js';
import { aTicketSnapshot } from './a-ticket-snapshot.js';
import { aMail, sendMail } from './mail-client.js';
import { REPLY_SECRET, RunningIntake } from './running-intake.js';
import { Vendors } from './vendors.js';

let running: RunningIntake;
let vendors: Vendors;
let smtp = '';
beforeAll(async () => {
  vendors = await Vendors.start();
  running = await RunningIntake.start({ SMTP_PORT: '0', SMTP_RELAY_URL: vendors.environment['SMTP_RELAY_URL'] });
  smtp = ((await (await fetch(`${running.http}/healthz`)).json()) as { smtp: string }).smtp;
});
afterAll(async () => {
  await running.stop();
  await vendors.stop();
});

const ticketOf = async (messageId: string): Promise<string> =>
  (await running.query<{ ticket_id: string }>('select ticket_id from message where provider_message_id = $1', [messageId]))[0]!.ticket_id;
/** A mail begins a ticket. */
const begun = async (messageId: string): Promise<string> => {
  await sendMail(smtp, aMail({ 'Message-ID': messageId, Subject: 'Thread' }, 'First'));
  return ticketOf(messageId);
};
const twice = async (...events: Draft[]): Promise<void> => {
  await running.stack.publish(...events, ...events);
  await running.stack.settled();
};
const merged = (ticketId: string, intoTicketId: string): Draft =>
  TicketMerged(ticketId, { ticket: aTicketSnapshot({ status: 'closed', mergedInto: intoTicketId }), intoTicketId, byAgentId: 'ana' });

describe('what comes in for a merged ticket', () => {
  it.each([
    ['a reply token', (id: string) => ({ To: `support+${signReplyToken({ ticketId: id }, [REPLY_SECRET])}@nordlicht.example` })],
    ['In-Reply-To', (_: string, first: string) => ({ 'In-Reply-To': first })],
    ['References', (_: string, first: string) => ({ References: `${first} <unknown@example.com>` })],
  ])('joins the one in which it goes on, over two merges, by %s', async (name, headersOf) => {
    const suffix = name.replaceAll(' ', '-');
    const first = `<a-${suffix}@example.com>`;
    const [a, b, c] = [await begun(first), await begun(`<b-${suffix}@example.com>`), await begun(`<c-${suffix}@example.com>`)];
    await twice(merged(a, b), merged(b, c));
    const reply = aMail({ 'Message-ID': `<late-${suffix}@example.com>`, Subject: 'Re: Thread', ...headersOf(a, first) }, 'And?');
    expect([await sendMail(smtp, reply), await sendMail(smtp, reply)]).toEqual(['reply', 'duplicate']);
    expect(await ticketOf(`<late-${suffix}@example.com>`)).toBe(c);
    await running.stack.settled();
    expect(running.stack.eventsAbout(c, IntakeTopic).at(-1)).toMatchObject({ type: 'MessageReceived', data: { text: 'And?' } });
  });

  it('joins it by the conversation of its channel, and follows it up once it is closed or was never received', async () => {
    const submitted = (externalId: string): Draft =>
      ({
        ...TicketSubmitted(externalId, { externalId, customer: { email: 'carl@example.com' }, subject: 's', body: 'First' }),
        id: externalId,
      }) as Draft;
    const writes = async (externalId: string, id: string): Promise<void> => {
      const said = MessageSubmitted(externalId, { externalId, customer: { email: 'carl@example.com' }, body: id });
      await twice({ ...said, id } as Draft);
    };
    const ofText = async (text: string): Promise<string> =>
      (await running.query<{ ticket_id: string }>('select ticket_id from message where text = $1', [text]))[0]!.ticket_id;
    await twice(submitted('order-1'), submitted('order-2'));
    const conversations = await running.query<{ ticket_id: string }>(
      `select ticket_id from conversation where conversation like '%order-_' order by conversation`,
    );
    const [one, other] = conversations.map((row) => row.ticket_id) as [string, string];
    await twice(merged(one, other));
    await writes('order-1', 'joins');
    expect(await ofText('joins')).toBe(other);
    await twice(TicketClosed(other, { ticket: aTicketSnapshot({ status: 'closed' }) }));
    await writes('order-1', 'follows');
    const next = await ofText('follows');
    expect(running.stack.eventsAbout(next, IntakeTopic)).toMatchObject([{ type: 'TicketReceived', data: { followsTicketId: other } }]);
    // From now on that one is the conversation's ticket. It is merged into one that intake has not received.
    await twice(merged(next, 'nowhere'));
    await writes('order-1', 'is not lost');
    expect(running.stack.eventsAbout(await ofText('is not lost'), IntakeTopic)).toMatchObject([{ data: { followsTicketId: next } }]);
  });
});
