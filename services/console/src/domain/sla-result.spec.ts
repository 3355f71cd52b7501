import {
  ClocksChanged,
  SlaBreached,
  SlaBreachWithdrawn,
  TicketReleased,
  type Clock,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { assigned, enriched, received, replied, snapshot, solved } from '../../test/the-story.js';
import { firstReplyOf, slaResultsOf } from './sla-result.js';
import { project, summarize, unknownTicket, type Ticket, type Told } from './ticket.js';

const fields = { ticketId: 't', number: 7 };
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 20, 9, minute)).toISOString();
const told = (draft: Draft, version: number, minute: number): Told =>
  ({ ...draft, id: `${version}`, correlationId: 't', version, at: new Date(at(minute)) }) as Received<Draft> as Told;
const after = (...story: readonly (readonly [minute: number, draft: Draft])[]): Ticket =>
  story.reduce((ticket, [minute, draft], index) => project(ticket, told(draft, index + 1, minute)), unknownTicket('t'));
const queueOf = () => 'billing';
const clocks = (clock: Partial<Clock>): Draft =>
  ClocksChanged('t', {
    clocks: [
      {
        target: 'resolution',
        instance: 1,
        status: 'running',
        startedAt: at(0),
        dueAt: at(30),
        targetMinutes: 30,
        breachedAt: null,
        stoppedAt: null,
        ...clock,
      },
    ],
    policy: { name: 'p', version: 1 },
    calendar: { name: 'c', version: 1 },
  });
const resultOf = (ticket: Ticket) => slaResultsOf(ticket, summarize(ticket, queueOf))[0];
const late = { status: 'met-late' as const, breachedAt: at(30), stoppedAt: at(50) };
const breached = SlaBreached('t', {
  target: 'resolution',
  instance: 1,
  dueAt: at(30),
  breachedAt: at(30),
  reason: 'in-work',
  minutes: { 'in-work': 30 },
});

describe('what became of a clock', () => {
  it('is credited to whoever owned the ticket when it was decided, whatever was read first', () => {
    const owned = [
      [10, assigned(fields)],
      [40, TicketReleased('t', { ticket: snapshot(), agentId: 'ana', why: 'supervisor' })],
      [45, assigned({ ...fields, agentId: 'ben' })],
    ] as const;
    const inAnyOrder = [
      [[50, clocks(late)], ...owned],
      [...owned, [50, clocks(late)]],
    ] as const;
    for (const story of inAnyOrder)
      expect(resultOf(after(...story))).toMatchObject({ outcome: 'met-late', agentId: 'ana', decidedAt: at(30) });
  });

  it('is credited to who ends the ownership at the same instant, and to nobody who came later', () => {
    const met = clocks({ status: 'met', stoppedAt: at(20) });
    expect(resultOf(after([10, assigned(fields)], [20, solved(fields)], [20, met]))).toMatchObject({ agentId: 'ana', decidedAt: at(20) });
    expect(resultOf(after([25, assigned(fields)], [26, met]))).toMatchObject({ agentId: null });
  });

  it('keeps the reason of a breach, until it is withdrawn', () => {
    expect(resultOf(after([50, clocks(late)], [51, breached]))).toMatchObject({ reason: 'in-work', minutes: { 'in-work': 30 } });
    const withdrawn = SlaBreachWithdrawn('t', { target: 'resolution', instance: 1, withdrawnAt: at(60) });
    const story = [
      [50, clocks(late)],
      [51, breached],
      [52, withdrawn],
      [52, clocks({ status: 'met', stoppedAt: at(20) })],
    ] as const;
    expect(resultOf(after(...story))).toMatchObject({ outcome: 'met', reason: null, minutes: null, decidedAt: at(20) });
  });

  it('is open while it runs or waits, and nothing when it is canceled', () => {
    for (const status of ['running', 'paused'] as const)
      expect(resultOf(after([1, clocks({ status })]))).toMatchObject({ outcome: 'running', decidedAt: null });
    expect(resultOf(after([1, clocks({ status: 'canceled', stoppedAt: at(1) })]))).toMatchObject({ outcome: 'canceled', decidedAt: null });
  });

  it('belongs to the queue that owed it', () => {
    expect(resultOf(after([1, clocks({})]))).toMatchObject({ queueId: 'billing' });
    expect(resultOf(after([1, clocks({ target: 'internal', queueId: 'workshop' })]))).toMatchObject({ queueId: 'workshop' });
    expect(resultOf(after([1, received(fields)], [1, enriched(fields)], [1, clocks({})]))).toMatchObject({ channel: 'email', tier: 'vip' });
  });
});

describe('the first reply', () => {
  const replyOf = (ticket: Ticket) => firstReplyOf(ticket, summarize(ticket, queueOf));
  it('stays the first, also when the ticket is over', () => {
    expect(replyOf(after([0, received(fields)], [5, assigned(fields)]))).toBeNull();
    expect(replyOf(after([6, replied(fields)], [9, replied(fields)], [9, solved(fields)]))).toMatchObject({
      repliedAt: at(6),
      endedAt: at(9),
      ended: 'solved',
    });
  });
});
