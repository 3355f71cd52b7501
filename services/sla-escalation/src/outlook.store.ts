import type { TicketStatus } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { observed, weightOf, type Learned, type QueueSaid, type RunningClock } from './domain/outlook.js';
import { isWaiting, type Flow, type OutlookTicket, type Sample, type Told, type What } from './domain/outlook-ticket.js';

export const FLOW_HALF_LIFE_MS = 30 * 60_000;
const LEARNED_HALF_LIFE_MS = 7 * 86_400_000;

export type Circle = 'category' | 'queue' | 'company';
/** Beside it nobody waits for anybody: an instance writes its counts to a slot that others seldom share. */
export const SLOTS = 16;

export interface QueueFlow {
  readonly waiting: number;
  readonly arrived: number;
  readonly begun: number;
  readonly units: number;
}
/** The queue of each category, and of whatever has none. */
export interface QueuesOf {
  readonly categories: ReadonlyMap<string, string>;
  readonly otherwise: string;
}
const byCategory = ({ categories }: QueuesOf): [string[], string[]] => [[...categories.keys()], [...categories.values()]];

export interface ClaimedQueue {
  readonly queueId: string;
  readonly said: QueueSaid | null;
}

const COLUMNS =
  'ticket_id, queue_id, category, queue_override, received, placed, status, agent_id, since_at, worked_ms, working_since_at, replied, policy, clocks, told';
const LOCK = `select ${COLUMNS} from outlook_ticket where ticket_id = any($1) order by ticket_id for update`;
/** A row that somebody is writing is looked at next time. */
const LOCK_FREE = `${LOCK} skip locked`;
const SAVE = `
  insert into outlook_ticket as t (${COLUMNS}, waiting, due_at)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[], $7::text[], $8::text[], $9::timestamptz[],
    $10::float8[], $11::timestamptz[], $12::boolean[], $13::text[], $14::json[], $15::json[], $16::boolean[], $17::timestamptz[]) as x(ticket_id)
  order by ticket_id
  on conflict (ticket_id) do update set queue_id = excluded.queue_id, category = excluded.category, queue_override = excluded.queue_override,
    received = excluded.received, placed = excluded.placed, status = excluded.status, agent_id = excluded.agent_id, since_at = excluded.since_at,
    worked_ms = excluded.worked_ms, working_since_at = excluded.working_since_at, replied = excluded.replied, policy = excluded.policy,
    clocks = excluded.clocks, told = excluded.told, waiting = excluded.waiting, due_at = excluded.due_at`;
const SAVE_TOLD = `
  update outlook_ticket t set told = x.told from unnest($1::text[], $2::json[]) as x(ticket_id, told) where t.ticket_id = x.ticket_id`;
const faded = (row: string, at: string, halfLifeMs: number): string =>
  `power(2, -greatest(0, extract(epoch from ${at} - ${row}.at))::float8 * 1000 / ${halfLifeMs})`;
const ADD_FLOWS = `
  insert into outlook_flow as f (queue_id, slot, waiting, arrived, begun, units, at)
  select queue_id, $2, waiting, arrived, begun, units, $7
  from unnest($1::text[], $3::int[], $4::float8[], $5::float8[], $6::float8[]) as x(queue_id, waiting, arrived, begun, units)
  order by queue_id
  on conflict (queue_id, slot) do update set
    waiting = f.waiting + excluded.waiting, arrived = f.arrived * ${faded('f', 'excluded.at', FLOW_HALF_LIFE_MS)} + excluded.arrived,
    begun = f.begun * ${faded('f', 'excluded.at', FLOW_HALF_LIFE_MS)} + excluded.begun,
    units = f.units * ${faded('f', 'excluded.at', FLOW_HALF_LIFE_MS)} + excluded.units, at = greatest(f.at, excluded.at)`;
const FLOWS = `
  select queue_id, sum(waiting)::int as waiting, sum(arrived * w) as arrived, sum(begun * w) as begun, sum(units * w) as units
  from (select *, ${faded('f', '$2::timestamptz', FLOW_HALF_LIFE_MS)} as w from outlook_flow f where queue_id = any($1)) x group by queue_id`;
const ADD_LEARNED = `
  insert into outlook_learned as l (what, circle, name, slot, tickets, minutes, at)
  select what, circle, name, $4, tickets, minutes, $7
  from unnest($1::text[], $2::text[], $3::text[], $5::float8[], $6::float8[]) as x(what, circle, name, tickets, minutes) order by 1, 2, 3
  on conflict (what, circle, name, slot) do update set
    tickets = l.tickets * ${faded('l', 'excluded.at', LEARNED_HALF_LIFE_MS)} + excluded.tickets,
    minutes = l.minutes * ${faded('l', 'excluded.at', LEARNED_HALF_LIFE_MS)} + excluded.minutes, at = greatest(l.at, excluded.at)`;
const LEARNED = `
  select what, circle, name, sum(tickets * w) as tickets, sum(minutes * w) as minutes
  from (select l.*, ${faded('l', '$3::timestamptz', LEARNED_HALF_LIFE_MS)} as w
        from unnest($1::text[], $2::text[]) as asked(circle, name) join outlook_learned l using (circle, name)) x
  where what in ('work', 'reply') group by what, circle, name`;

const ADD_QUEUES = 'insert into outlook_queue (queue_id) select * from unnest($1::text[]) as x(id) order by id on conflict do nothing';
/** Skip locked rows: every instance works the same table, and until their next turn these are nobody else's. */
const CLAIM_QUEUES = `
  update outlook_queue q set looked_at = $1
  from (select queue_id from outlook_queue where looked_at is null or looked_at <= $2
        order by looked_at nulls first limit $3 for update skip locked) due
  where q.queue_id = due.queue_id returning q.queue_id, q.said`;
/** Whoever was overtaken by another instance, for a turn took it too long, keeps silent. */
const SAY = `
  update outlook_queue q set said = x.said from unnest($1::text[], $2::text[], $3::json[]) as x(queue_id, as_of, said)
  where q.queue_id = x.queue_id and q.said ->> 'asOf' is not distinct from x.as_of returning q.queue_id`;
const DATED = `
  select t.* from unnest($1::text[]) as q(id),
    lateral (select ${COLUMNS} from outlook_ticket where queue_id = q.id and due_at is not null order by due_at limit $2) t`;
/** Looks at every open ticket: seconds, where there are a million. To be asked outside of a unit. */
const MISPLACED = `
  select o.ticket_id from outlook_ticket o left join unnest($1::text[], $2::text[]) as x(category, queue_id) on x.category = o.category
  where o.ticket_id > $4 and (o.due_at is not null or o.waiting) and o.queue_id <> coalesce(o.queue_override, x.queue_id, $3)
  order by o.ticket_id limit $5`;
/** A row that somebody is writing is placed by them, under the configuration they read. Gives what it changes in what waits. */
const MOVE = `
  with moved as (
    select o.ticket_id, o.queue_id as from_id, coalesce(o.queue_override, x.queue_id, $3) as to_id
    from outlook_ticket o left join unnest($1::text[], $2::text[]) as x(category, queue_id) on x.category = o.category
    where o.ticket_id = any($4) and (o.due_at is not null or o.waiting) and o.queue_id <> coalesce(o.queue_override, x.queue_id, $3)
    for update of o skip locked
  ), changed as (
    update outlook_ticket t set queue_id = moved.to_id from moved where t.ticket_id = moved.ticket_id returning moved.*, t.waiting
  )
  select queue_id, sum(change)::int as waiting
  from (select from_id as queue_id, -1 as change from changed where waiting union all select to_id, 1 from changed where waiting) x group by queue_id`;
const FORGET = `
  delete from outlook_ticket where ctid = any(array(select ctid from outlook_ticket where status = 'closed' and since_at < $1 limit $2))`;

/** Outlooks' own picture of tickets, rates and what work takes. */
export class OutlookStore {
  constructor(private readonly tx: EntityManager) {}

  /** Those there are, locked in the order of their ids. */
  async lock(ticketIds: readonly string[], { skipLocked = false } = {}): Promise<Map<string, OutlookTicket>> {
    const rows = await this.tx.query<TicketRow[]>(skipLocked ? LOCK_FREE : LOCK, [ticketIds]);
    return new Map(rows.map((row) => [row.ticket_id, toTicket(row)]));
  }

  async save(tickets: readonly OutlookTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    await this.tx.query(SAVE, [
      tickets.map((ticket) => ticket.ticketId),
      tickets.map((ticket) => ticket.queueId),
      tickets.map((ticket) => ticket.category),
      tickets.map((ticket) => ticket.queueOverride),
      tickets.map((ticket) => ticket.received),
      tickets.map((ticket) => ticket.placed),
      tickets.map((ticket) => ticket.status),
      tickets.map((ticket) => ticket.agentId),
      tickets.map((ticket) => new Date(ticket.since)),
      tickets.map((ticket) => ticket.workedMs),
      tickets.map((ticket) => (ticket.workingSince === null ? null : new Date(ticket.workingSince))),
      tickets.map((ticket) => ticket.replied),
      tickets.map((ticket) => ticket.policy),
      tickets.map((ticket) => JSON.stringify(ticket.clocks)),
      tickets.map((ticket) => JSON.stringify(ticket.told)),
      tickets.map(isWaiting),
      tickets.map(dueAt),
    ]);
  }

  async saveTold(told: ReadonlyMap<string, readonly Told[]>): Promise<void> {
    if (told.size > 0) await this.tx.query(SAVE_TOLD, [[...told.keys()], [...told.values()].map((one) => JSON.stringify(one))]);
  }

  /** @param waiting change of what waits, by queue */
  async addFlows(flows: readonly Flow[], waiting: ReadonlyMap<string, number>, slot: number, now: Date): Promise<void> {
    const sums = new Map<string, { waiting: number; arrived: number; begun: number; units: number }>();
    for (const [queueId, change] of waiting) if (change !== 0) sums.set(queueId, { waiting: change, arrived: 0, begun: 0, units: 0 });
    for (const flow of flows) {
      const sum = sums.get(flow.queueId) ?? { waiting: 0, arrived: 0, begun: 0, units: 0 };
      const weight = weightOf(flow.at, now.getTime(), FLOW_HALF_LIFE_MS);
      if (flow.type === 'arrived') sum.arrived += weight * flow.share;
      else {
        sum.begun += weight;
        sum.units += weight * flow.units;
      }
      sums.set(flow.queueId, sum);
    }
    if (sums.size === 0) return;
    const all = [...sums.values()];
    await this.tx.query(ADD_FLOWS, [
      [...sums.keys()],
      slot,
      all.map((sum) => sum.waiting),
      all.map((sum) => sum.arrived),
      all.map((sum) => sum.begun),
      all.map((sum) => sum.units),
      now,
    ]);
  }

  async flowsOf(queueIds: readonly string[], now: Date): Promise<ReadonlyMap<string, QueueFlow>> {
    const rows = await this.tx.query<(QueueFlow & { queue_id: string })[]>(FLOWS, [queueIds, now]);
    return new Map(rows.map(({ queue_id, ...flow }) => [queue_id, flow]));
  }

  async addSamples(samples: readonly Sample[], slot: number, now: Date): Promise<void> {
    if (samples.length === 0) return;
    const circles = samples.flatMap((sample) => circlesOf(sample).map(({ circle, name }) => ({ what: sample.what, circle, name, sample })));
    const known = await this.learned(circles, now);
    const sums = new Map<string, { what: What; circle: Circle; name: string; tickets: number; minutes: number }>();
    for (const { what, circle, name, sample } of circles) {
      const key = learnedKey(what, circle, name);
      const sum = sums.get(key) ?? { what, circle, name, tickets: 0, minutes: 0 };
      sum.tickets += 1;
      sum.minutes += observed(sample.minutes, known.get(key) ?? { tickets: 0, minutes: 0 });
      sums.set(key, sum);
    }
    const all = [...sums.values()];
    await this.tx.query(ADD_LEARNED, [
      all.map((one) => one.what),
      all.map((one) => one.circle),
      all.map((one) => one.name),
      slot,
      all.map((one) => one.tickets),
      all.map((one) => one.minutes),
      now,
    ]);
  }

  /** Keyed by `learnedKey`. */
  async learned(of: readonly { circle: Circle; name: string }[], now: Date): Promise<ReadonlyMap<string, Learned>> {
    const asked = [...new Map(of.map((one) => [`${one.circle} ${one.name}`, one])).values()];
    const rows = await this.tx.query<{ what: What; circle: Circle; name: string; tickets: number; minutes: number }[]>(LEARNED, [
      asked.map(({ circle }) => circle),
      asked.map(({ name }) => name),
      now,
    ]);
    return new Map(rows.map(({ what, circle, name, tickets, minutes }) => [learnedKey(what, circle, name), { tickets, minutes }]));
  }

  async addQueues(queueIds: readonly string[]): Promise<void> {
    await this.tx.query(ADD_QUEUES, [queueIds]);
  }
  /** Those whose last turn was before; it is theirs now. */
  async claimQueues(now: Date, lookedBefore: Date, max: number): Promise<ClaimedQueue[]> {
    const [rows] = await this.tx.query<[{ queue_id: string; said: QueueSaid | null }[], number]>(CLAIM_QUEUES, [now, lookedBefore, max]);
    return rows.map(({ queue_id, said }) => ({ queueId: queue_id, said }));
  }
  /** Keeps what is to be said of queues. @returns those of which nothing was said since `before` */
  async say(outlooks: readonly { queueId: string; before: QueueSaid | null; said: QueueSaid }[]): Promise<ReadonlySet<string>> {
    if (outlooks.length === 0) return new Set();
    const [rows] = await this.tx.query<[{ queue_id: string }[], number]>(SAY, [
      outlooks.map(({ queueId }) => queueId),
      outlooks.map(({ before }) => before?.asOf ?? null),
      outlooks.map(({ said }) => JSON.stringify(said)),
    ]);
    return new Set(rows.map(({ queue_id }) => queue_id));
  }
  /** The tickets with a clock, soonest due first within each queue. */
  async dated(queueIds: readonly string[], maxEach: number): Promise<OutlookTicket[]> {
    return (await this.tx.query<TicketRow[]>(DATED, [queueIds, maxEach])).map(toTicket);
  }

  /** Open tickets that another configuration has put into another queue, in the order of their ids. */
  async misplaced(queues: QueuesOf, after: string, max: number): Promise<string[]> {
    const rows = await this.tx.query<{ ticket_id: string }[]>(MISPLACED, [...byCategory(queues), queues.otherwise, after, max]);
    return rows.map(({ ticket_id }) => ticket_id);
  }

  /** Another configuration may send categories elsewhere. @returns the change of what waits, by queue */
  async moveTickets(queues: QueuesOf, ticketIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.tx.query<{ queue_id: string; waiting: number }[]>(MOVE, [...byCategory(queues), queues.otherwise, ticketIds]);
    return new Map(rows.map(({ queue_id, waiting }) => [queue_id, waiting]));
  }

  /** Tickets closed before; at most `max` a call. */
  async forget(before: Date, max: number): Promise<void> {
    await this.tx.query(FORGET, [before, max]);
  }
}

export function learnedKey(what: What, circle: Circle, name: string): string {
  return `${what} ${circle} ${name}`;
}
export function circlesOf({ category, queueId }: { category: string | null; queueId: string }): { circle: Circle; name: string }[] {
  return [
    ...(category === null ? [] : [{ circle: 'category' as const, name: category }]),
    { circle: 'queue', name: queueId },
    { circle: 'company', name: '' },
  ];
}

/** Of a waiting ticket also what is late already, for it stands first in its line; of an owned one what can still be late. */
function dueAt(ticket: OutlookTicket): Date | null {
  const concerned = ticket.clocks.filter(({ breached }) => !breached || isWaiting(ticket));
  return concerned.length === 0 ? null : new Date(Math.min(...concerned.map((clock) => clock.dueAt)));
}

interface TicketRow {
  ticket_id: string;
  queue_id: string;
  category: string | null;
  queue_override: string | null;
  received: boolean;
  placed: boolean;
  status: TicketStatus;
  agent_id: string | null;
  since_at: Date;
  worked_ms: number;
  working_since_at: Date | null;
  replied: boolean;
  policy: string | null;
  clocks: RunningClock[];
  told: Told[];
}

function toTicket(row: TicketRow): OutlookTicket {
  return {
    ticketId: row.ticket_id,
    queueId: row.queue_id,
    category: row.category,
    queueOverride: row.queue_override,
    received: row.received,
    placed: row.placed,
    status: row.status,
    agentId: row.agent_id,
    since: row.since_at.getTime(),
    workedMs: row.worked_ms,
    workingSince: row.working_since_at?.getTime() ?? null,
    replied: row.replied,
    policy: row.policy,
    clocks: row.clocks,
    told: row.told,
  };
}
