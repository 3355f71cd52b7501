import { IntakeTopic } from '@signalbox/contracts';
import WebSocket from 'ws';
import { ChatClient } from './chat-client.js';
import { aReply, anAnswer } from './releases.js';
import { RunningIntake } from './running-intake.js';

let running: RunningIntake;
const clients: ChatClient[] = [];
const hello = async (more: object = {}, http = running.http) => {
  const client = await ChatClient.hello(http, more);
  clients.push(client);
  return client;
};
const tokenOf = (client: ChatClient) => client.frames.find((frame) => frame.type === 'welcome')!.resumeToken!;
const messagesOf = (ticketId: string) =>
  running.query<{ text: string }>('select text from message where ticket_id = $1 order by position', [ticketId]);

beforeAll(async () => {
  running = await RunningIntake.start({ CHAT_CONNECTIONS_PER_ADDRESS_MAX: '12', CHAT_MESSAGES_PER_MINUTE_MAX: '1' });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => running.stop());

describe('a chat', () => {
  it('accepts each message after it is stored, once though it is sent twice', async () => {
    const client = await hello({ name: 'Ann', email: 'ann@example.com', language: 'de' });
    const first = await client.send('c1', 'Hallo, wo ist mein Paket?');
    expect(await messagesOf(first.ticketId!)).toEqual([{ text: 'Hallo, wo ist mein Paket?' }]);
    const again = await ChatClient.hello(running.http, { resumeToken: tokenOf(client), lastMessageId: first.messageId });
    clients.push(again);
    expect(await again.send('c1', 'Hallo, wo ist mein Paket?')).toEqual(first);
    const second = await again.send('c2', 'Noch da?');
    expect(second.ticketId).toBe(first.ticketId);
    await running.stack.settled();
    expect(running.stack.eventsAbout(first.ticketId!, IntakeTopic)).toMatchObject([
      {
        type: 'TicketReceived',
        data: {
          door: 'chat',
          channel: 'chat',
          subject: 'Hallo, wo ist mein Paket?',
          language: 'de',
          customer: { address: 'ann@example.com', name: 'Ann' },
        },
      },
      { type: 'MessageReceived', data: { messageId: second.messageId, customer: { address: 'ann@example.com' } } },
    ]);
  });

  it('shows replies to every widget of the conversation, whichever instance it is connected to', async () => {
    const second = await running.startAnother();
    try {
      const here = await hello();
      const { ticketId } = await here.send('c1', 'Hi');
      const there = await hello({ resumeToken: tokenOf(here) }, second.http);
      const stranger = await hello({}, second.http);
      const [answer, reply] = [anAnswer(ticketId!, 'chat-answer', 'Look there.'), aReply(ticketId!, 'chat-reply', 'Did it help?')];
      await running.stack.publish(answer, answer, reply, reply);
      for (const client of [here, there]) await client.next((frame) => frame.messageId === 'chat-reply');
      await running.stack.settled();
      expect(here.texts).toEqual(['answer: Look there.', 'agent: Did it help?']);
      expect(there.texts).toEqual(['customer: Hi', 'answer: Look there.', 'agent: Did it help?']);
      expect(stranger.texts).toEqual([]);
      await running.until(
        () => running.stack.eventsAbout(ticketId!, IntakeTopic).filter((event) => event.type === 'MessageDelivered'),
        (delivered) => delivered.length === 2,
      );
      await there.close();
    } finally {
      await second.close();
    }
  });

  it('keeps a reply until the customer is back, and gives again what came after the last message', async () => {
    const client = await hello();
    const { ticketId, messageId } = await client.send('c1', 'Hi');
    const token = tokenOf(client);
    await client.close();
    await running.stack.publish(aReply(ticketId!, 'later-1', 'One'), aReply(ticketId!, 'later-2', 'Two'));
    await running.stack.settled();
    expect(await running.query(`select state from outgoing where message_id like 'later-%'`)).toEqual([
      { state: 'waiting' },
      { state: 'waiting' },
    ]);
    const back = await hello({ resumeToken: token, lastMessageId: messageId });
    await back.next((frame) => frame.messageId === 'later-2');
    expect(back.texts).toEqual(['agent: One', 'agent: Two']);
    expect(back.frames[0]).toMatchObject({ type: 'welcome', ticketId });
    await running.until(
      () => running.query(`select 1 from outgoing where message_id like 'later-%' and state = 'sent'`),
      (rows) => rows.length === 2,
    );
    await back.close();
    const half = await hello({ resumeToken: token, lastMessageId: 'later-1' });
    await running.stack.publish(aReply(ticketId!, 'later-3', 'Three'));
    await half.next((frame) => frame.messageId === 'later-3');
    expect(half.texts).toEqual(['agent: Two', 'agent: Three']);
  });

  it('opens no conversation to a token that is not genuine, and follows a closed one up', async () => {
    const client = await hello();
    const { ticketId } = await client.send('c1', 'Hi');
    const forged = await ChatClient.connect(running.http);
    clients.push(forged);
    forged.say({ type: 'hello', resumeToken: `${tokenOf(client).slice(0, -1)}${tokenOf(client).endsWith('A') ? 'E' : 'A'}` });
    expect(await forged.next((frame) => frame.type === 'error')).toMatchObject({ reason: expect.stringContaining('resumeToken') });
    forged.say({ type: 'message', clientMessageId: 'x', text: 'x' });
    expect(await forged.next((frame) => frame.clientMessageId === 'x')).toMatchObject({ type: 'error', reason: 'say hello first' });
    await running.query(`update ticket set status = 'closed' where ticket_id = $1`, [ticketId]);
    const next = await client.send('c2', 'One more thing');
    expect(next.ticketId).not.toBe(ticketId);
    await running.stack.settled();
    expect(running.stack.eventsAbout(next.ticketId!, IntakeTopic)).toMatchObject([{ data: { followsTicketId: ticketId } }]);
  });

  it('says what is wrong with a frame and goes on, but not with one above 64 KB', async () => {
    const client = await hello();
    client.socket.send('{"type": ');
    await client.next((frame) => frame.type === 'error' && /JSON/.test(frame.reason!));
    client.say({ type: 'shout' });
    await client.next((frame) => frame.type === 'error' && /'hello', 'message'/.test(frame.reason!));
    expect(await client.send('after', 'still here')).toMatchObject({ type: 'accepted' });
    client.socket.send('x'.repeat(70_000));
    expect(
      await running.until(
        () => client.closed?.code,
        (code) => code !== undefined,
      ),
    ).toBe(1009);
  });

  it('refuses messages above the rate with the id to send again, and too many sockets of one address', async () => {
    const client = await hello();
    const answers = [];
    for (let index = 0; index < 21; index += 1) answers.push(await client.send(`m${index}`, 'x'));
    expect(answers.filter((frame) => frame.type === 'accepted')).toHaveLength(20);
    expect(answers.at(-1)).toMatchObject({ type: 'error', clientMessageId: 'm20', reason: expect.stringContaining('too many messages') });
    while (clients.length < 12) await hello();
    await expect(ChatClient.connect(running.http)).rejects.toThrow('429');
    const elsewhere = new WebSocket(`${running.http.replace('http', 'ws')}/intake/v1/other`);
    await expect(new Promise((_, reject) => elsewhere.once('error', reject))).rejects.toThrow('404');
  });

  it('keeps its promise while the database is away: no accepted, and the same message goes through afterwards', async () => {
    const client = await hello();
    const database = new URL(running.stack.databaseUrlOf('intake')).pathname.slice(1);
    await running.stack.closeDatabase(database);
    expect(await client.send('outage', 'Are you there?')).toMatchObject({ type: 'error', clientMessageId: 'outage' });
    await running.stack.openDatabase(database);
    client.frames.length = 0;
    const { ticketId } = await client.send('outage', 'Are you there?');
    expect(await messagesOf(ticketId!)).toHaveLength(1);
  }, 40_000);

  it('tells its widgets to come back when the service restarts, and knows them again', async () => {
    const client = await hello();
    const { ticketId } = await client.send('c1', 'Hi');
    await running.restart();
    expect(
      await running.until(
        () => client.closed?.code,
        (code) => code !== undefined,
      ),
    ).toBe(1012);
    const back = await hello({ resumeToken: tokenOf(client) });
    expect(back.frames[0]).toMatchObject({ ticketId });
  });
});
