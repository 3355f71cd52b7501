import { EscalationCancelRequested, SlaEscalationTopic, type AgentRole } from '@signalbox/contracts';
import type { SeenEvent } from '@signalbox/test-stack';
import { isSigned, Receivers } from './receivers.js';
import { RunningSla } from './running-sla.js';
import { assigned, enriched, received, solved } from './sample.js';

const HOUR_MS = 3_600_000;
const LEAD = 'lead@example.com';
const GONE = 'gone@example.com';
const around = { calendar: 'none', hours: 'calendar', targets: { resolution: { normal: 600 } }, warnAtShares: [] };
const telling = (tier: string, notify: string[], more: object = {}) => ({
  kind: 'sla-policy',
  name: tier,
  content: { ...around, tiers: [tier], onComplexity: { atLeast: 5, notify }, ...more },
});
const wall = (at: number) => new Date(at).toISOString().slice(11, 16);
const quietHours = { timeZone: 'UTC', from: wall(Date.now() - HOUR_MS), to: wall(Date.now() + 8 * HOUR_MS) };
const quietWords = ['owner', `mail:${LEAD}`, 'webhook:pager', 'agent:eva'];
const person = (role: AgentRole) => ({ name: 'Somebody', email: 'somebody@example.org', role });

let receivers: Receivers;
let sla: RunningSla;
const documents = () => [
  {
    kind: 'company',
    name: 'example',
    content: {
      title: 'Example',
      timeZone: 'Europe/Berlin',
      defaultLanguage: 'en',
      defaultQueue: 'general',
      supportAddress: 'support@example.com',
      webhooks: Object.fromEntries(['pager', 'dead', 'moved', 'slow'].map((name) => [name, { url: receivers.url(`/${name}`) }])),
    },
  },
  { kind: 'agent', name: 'sue', content: person('supervisor') },
  { kind: 'agent', name: 'tom', content: person('supervisor') },
  { kind: 'agent', name: 'eva', content: person('admin') },
  { kind: 'agent', name: 'ana', content: person('agent') },
  telling('all', ['owner', 'agent:eva', `mail:${LEAD}`, 'webhook:pager', 'webhook:unknown'], { notifyFallback: ['agent:tom'] }),
  telling('quiet', quietWords, { quietHours, notifyFallback: ['agent:tom'] }),
  telling('slow', ['webhook:slow']),
  telling('gone', [`mail:${GONE}`, 'webhook:dead', 'webhook:moved'], { notifyFallback: ['agent:eva'] }),
  telling('nobody', ['owner'], { notifyFallback: ['agent:nobody'] }),
  telling('often', [`mail:${LEAD}`], {
    levels: Array.from({ length: 10 }, (_, index) => ({ offsetMinutes: -1000 - index, notify: [`mail:${LEAD}`] })),
  }),
  telling('own', ['mail:Support+x@example.com'], { notifyFallback: ['agent:eva'] }),
];

const now = (ticketId: string) => sla.stack.eventsAbout(ticketId, SlaEscalationTopic);
const data = (events: readonly SeenEvent[], type: string) =>
  events.filter((event) => event.type === type).map((event) => event.data as Record<string, unknown>);
const escalate = (ticketId: string, tier: string, priority: 'normal' | 'urgent' = 'normal') =>
  sla.twice(received(ticketId, Date.now()), enriched(ticketId, { tier, complexity: 5, priority }));
const told = (ticketId: string, sent: number, failed = 0) =>
  sla.said(ticketId, (events) => data(events, 'NotificationSent').length === sent && data(events, 'NotificationFailed').length === failed);
const rows = (ticketId: string) =>
  sla.stack.query<{ notification_id: string; recipient: string; state: string; attempts: number; last_error: string | null }>(
    'sla-escalation',
    'select * from notification where ticket_id = $1 order by recipient, notification_id',
    [ticketId],
  );
/** What quiet hours hold of it. */
const held = (ticketId: string) =>
  sla.stack.query<{ words: string[] }>('sla-escalation', 'select words from held_step where ticket_id = $1', [ticketId]);
const states = async (ticketId: string) => Object.fromEntries((await rows(ticketId)).map(({ recipient, state }) => [recipient, state]));
/** The waiting (of quiet hours, of a back-off, of a lease) is over at once. */
async function hurry(ticketId: string): Promise<void> {
  await sla.stack.query('sla-escalation', `update notification set send_at = now() where ticket_id = $1 and state = 'waiting'`, [ticketId]);
  await sla.stack.query('sla-escalation', 'update held_step set send_at = now() where ticket_id = $1', [ticketId]);
}
const postsOf = (ticketId: string) => receivers.posts.filter(({ body }) => body['ticketId'] === ticketId);
const mailsOf = (ticketId: string) => receivers.mails.filter(({ text }) => text?.includes(`/tickets/${ticketId}\n`));
const cancel = (ticketId: string, role: AgentRole) =>
  EscalationCancelRequested(ticketId, { agentId: 'sue', askedAt: new Date().toISOString(), role, reason: 'I have it in hand' });

beforeAll(async () => {
  receivers = await Receivers.start();
  sla = await RunningSla.start(receivers.environment);
  await sla.configure(documents());
});
afterAll(async () => {
  await sla.stop();
  await receivers.stop();
});

describe('an escalation', () => {
  it('tells everybody once, though all is delivered twice and two instances tell', async () => {
    const another = await sla.startAnother();
    try {
      const tickets = Array.from({ length: 20 }, (_, index) => `all-${index}-end`);
      for (const ticketId of tickets) await escalate(ticketId, 'all');
      for (const ticketId of tickets) await told(ticketId, 4);
      await sla.stack.settled();
      for (const ticketId of tickets) {
        expect(mailsOf(ticketId)).toHaveLength(1);
        expect(postsOf(ticketId)).toHaveLength(1);
        expect(await states(ticketId)).toEqual({ eva: 'sent', 'mail 1': 'sent', pager: 'sent', tom: 'sent' });
      }
    } finally {
      await another.close();
    }
    const ticketId = 'all-0-end';
    const events = now(ticketId);
    expect(data(events, 'TicketEscalated')).toEqual([
      expect.objectContaining({
        notify: ['owner', 'agent:eva', 'mail 1', 'webhook:pager', 'webhook:unknown'],
        recipients: [
          { via: 'console', to: 'tom', because: 'agent:tom, as owner: nobody has it' },
          { via: 'console', to: 'eva', because: 'agent:eva' },
          { via: 'mail', to: 'mail 1', because: 'mail 1' },
          { via: 'webhook', to: 'pager', because: 'webhook:pager' },
        ],
      }),
    ]);
    expect(JSON.stringify(events.map((event) => event.data))).not.toContain('@');
    const ids = new Map(data(events, 'NotificationSent').map((sent) => [sent['to'], sent['notificationId']]));
    const [post] = postsOf(ticketId);
    expect(isSigned(post!)).toBe(true);
    expect(post!.headers['signalbox-notification-id']).toBe(ids.get('pager'));
    expect(post!.body).toMatchObject({
      notificationId: ids.get('pager'),
      number: 1,
      level: 1,
      cause: 'complexity',
      consoleUrl: `https://desk.example/tickets/${ticketId}`,
    });
    const [mail] = mailsOf(ticketId);
    expect(mail!.messageId).toBe(`<${String(ids.get('mail 1'))}@example.com>`);
    expect(mail!.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail!.from?.text).toContain('support@example.com');
    for (const text of [post!.text, mail!.text!]) expect(text).not.toMatch(/parcel|ida@example/);
  });

  it('tells the owner, whose it is at that moment', async () => {
    await sla.twice(received('owned', Date.now()), assigned('owned'));
    await sla.stack.settled();
    await sla.twice(enriched('owned', { tier: 'nobody', complexity: 5 }));
    const events = await told('owned', 1);
    expect(data(events, 'TicketEscalated')).toMatchObject([{ recipients: [{ via: 'console', to: 'ana', because: 'owner' }] }]);
    expect(data(events, 'NotificationSent')).toMatchObject([{ via: 'console', to: 'ana' }]);
  });

  it('with nobody to tell is said all the same, and why', async () => {
    await escalate('nobody', 'nobody');
    const events = await sla.said('nobody', (seen) => data(seen, 'TicketEscalated').length > 0);
    expect(data(events, 'TicketEscalated')).toMatchObject([
      { recipients: [], explanation: expect.stringContaining('(nobody to notify: owner: nobody has it)') },
    ]);
  });

  it('sends again with the same id what a killed process sent and did not record, and records it once', async () => {
    receivers.answers.set('/slow', ['silence']);
    await sla.killedAfter(async () => {
      await escalate('killed', 'slow');
      await sla.until(
        async () => postsOf('killed').length,
        (posts) => posts === 1,
      );
    });
    expect(await rows('killed')).toMatchObject([{ state: 'waiting', attempts: 1 }]);
    await hurry('killed');
    await told('killed', 1);
    await sla.stack.settled();
    const [{ notificationId }] = data(now('killed'), 'NotificationSent') as [{ notificationId: string }];
    expect(postsOf('killed').map(({ headers }) => headers['signalbox-notification-id'])).toEqual([notificationId, notificationId]);
    expect(await rows('killed')).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  it('believes whoever claimed it last, when one that was slow comes back without an answer', async () => {
    receivers.answers.set('/slow', ['silence']);
    await escalate('slow', 'slow');
    await sla.said('slow', () => postsOf('slow').length === 1);
    await hurry('slow');
    await told('slow', 1);
    await sla.restart();
    await sla.stack.settled();
    expect(now('slow').filter(({ type }) => type.startsWith('Notification'))).toMatchObject([{ type: 'NotificationSent' }]);
    expect(await rows('slow')).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  it('brakes what looks like two machines writing to each other', async () => {
    await escalate('often', 'often');
    await told('often', 10);
    await sla.said('often', () => mailsOf('often').length === 10);
    await sla.stack.settled();
    const waiting = (await rows('often')).filter(({ state }) => state === 'waiting');
    expect(waiting).toMatchObject([{ attempts: 0, last_error: '10 mails went there within 10 minutes' }]);
  });
});

describe('in quiet hours', () => {
  it('tells nobody, and then nobody whose ticket was solved meanwhile', async () => {
    await escalate('solved', 'quiet');
    const events = await sla.said('solved', (seen) => data(seen, 'TicketEscalated').length > 0);
    const [{ heldUntil }] = data(events, 'TicketEscalated') as [{ heldUntil: string }];
    expect(wall(Date.parse(heldUntil))).toBe(quietHours.to);
    expect(await held('solved')).toEqual([{ words: quietWords }]);
    await sla.twice(solved('solved'));
    await sla.stack.settled();
    await hurry('solved');
    await sla.until(
      () => held('solved'),
      (steps) => steps.length === 0,
    );
    expect(await states('solved')).toEqual({});
    expect([...mailsOf('solved'), ...postsOf('solved'), ...data(now('solved'), 'NotificationSent')]).toEqual([]);
  });

  it('tells them when they end, and of an urgent ticket at once', async () => {
    await escalate('later', 'quiet');
    await sla.said('later', (seen) => data(seen, 'TicketEscalated').length > 0);
    // Whose it is by then is told, and nobody twice by two instances.
    await sla.twice(assigned('later'));
    await sla.stack.settled();
    const another = await sla.startAnother();
    try {
      await hurry('later');
      await told('later', 4);
      await sla.stack.settled();
    } finally {
      await another.close();
    }
    const [escalated] = data(now('later'), 'TicketEscalated');
    expect(escalated).toMatchObject({ notify: ['owner', 'mail 1', 'webhook:pager', 'agent:eva'] });
    expect(escalated).not.toHaveProperty('recipients');
    expect(await states('later')).toEqual({ ana: 'sent', eva: 'sent', 'mail 1': 'sent', pager: 'sent' });
    expect([mailsOf('later').length, postsOf('later').length]).toEqual([1, 1]);
    await escalate('urgent', 'quiet', 'urgent');
    const events = await told('urgent', 4);
    expect(data(events, 'TicketEscalated')[0]).not.toHaveProperty('heldUntil');
  });

  it('nobody hears of a chain that a supervisor ended; an agent cannot end it, nor anybody one that is not known', async () => {
    await escalate('canceled', 'quiet');
    await sla.said('canceled', (seen) => data(seen, 'TicketEscalated').length > 0);
    expect(await held('canceled')).toHaveLength(1);
    await sla.twice(cancel('canceled', 'agent'), cancel('unheard-of', 'admin'));
    await sla.stack.settled();
    expect(data(now('canceled'), 'EscalationCanceled')).toEqual([]);
    await sla.twice(cancel('canceled', 'supervisor'), cancel('canceled', 'admin'));
    await sla.stack.settled();
    expect(data(now('canceled'), 'EscalationCanceled')).toMatchObject([{ byAgentId: 'sue', reason: 'I have it in hand' }]);
    expect([await held('canceled'), await states('canceled')]).toEqual([[], {}]);
    expect(await sla.rows(`ticket_id in ('canceled', 'unheard-of')`)).toMatchObject([
      { ticket_id: 'canceled', said: expect.arrayContaining(['canceled']) },
    ]);
  });
});

describe('whoever cannot be told', () => {
  it('is tried six times, or once where trying does not help; then the fallback is told, once', async () => {
    receivers.refused.set(GONE, 451);
    receivers.answers.set('/dead', [500, 404]);
    receivers.answers.set('/moved', [302]);
    await escalate('gone', 'gone');
    // The redirect is final, so the fallback is told already.
    await told('gone', 1, 3);
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      await hurry('gone');
      await told('gone', 1, attempt + 3);
    }
    await sla.stack.settled();
    const failures = data(now('gone'), 'NotificationFailed');
    const of = (to: string) => failures.filter((failure) => failure['to'] === to).map(({ reason, final }) => ({ reason, final }));
    expect(of('moved')).toEqual([{ reason: 'the webhook answered 302, and redirects are not followed', final: true }]);
    expect(of('dead')).toMatchObject([{ final: false }, { reason: 'the webhook answered 404', final: true }]);
    expect(of('mail 1').map(({ final }) => final)).toEqual([false, false, false, false, false, true]);
    expect(JSON.stringify(failures)).not.toContain('@');
    expect(data(now('gone'), 'NotificationSent')).toMatchObject([{ via: 'console', to: 'eva', level: 1, cause: 'complexity' }]);
    expect(await states('gone')).toEqual({ dead: 'failed', eva: 'sent', 'mail 1': 'failed', moved: 'failed' });
    expect(receivers.posts.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  });

  it('is not the company’s own mailbox, where it would become a ticket', async () => {
    await escalate('own', 'own');
    await told('own', 1, 1);
    expect(data(now('own'), 'NotificationFailed')).toMatchObject([{ final: true, reason: expect.stringContaining('support address') }]);
  });

  it('has their fallback where neither relay nor secret is configured, with the reason', async () => {
    await sla.restart({ more: { SMTP_RELAY_URL: '', SLA_WEBHOOK_SECRET: '' } });
    await escalate('bare', 'all');
    await told('bare', 3, 2);
    expect(
      data(now('bare'), 'NotificationFailed')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual([
      'no mail goes out: sla-escalation has no SMTP_RELAY_URL',
      'nothing is posted to webhooks: sla-escalation has no SLA_WEBHOOK_SECRET to sign with',
    ]);
    await sla.restart();
  });
});

it('tells nobody again when rewound to offset 0', async () => {
  await sla.stack.settled();
  const all = async () => [
    await sla.stack.query('sla-escalation', 'select * from notification order by notification_id'),
    await sla.stack.query('sla-escalation', 'select * from held_step order by step_id'),
  ];
  const before = [await all(), sla.stack.events(SlaEscalationTopic).length, receivers.mails.length, receivers.posts.length];
  await sla.restart({ rewound: true });
  await sla.stack.settled();
  expect([await all(), sla.stack.events(SlaEscalationTopic).length, receivers.mails.length, receivers.posts.length]).toEqual(before);
});
