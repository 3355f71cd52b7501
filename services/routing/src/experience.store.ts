import type { EntityManager } from 'typeorm';
import { doesHarm, gainOf, withTicket, type Arm, type Gain } from './domain/learning-gain.js';
import {
  fadedLoad,
  logMinutes,
  minutesWorked,
  NO_CATEGORY,
  type ObservedCell,
  type ObservedLoad,
  type Pause,
  RETURNS_MEMORY,
} from './domain/learning.js';

/** What the transaction that reads has written itself, and may yet roll back. */
const OWN = 'changed_xid = pg_current_xact_id_if_assigned() as own';
const CELL = 'agent_id, category, tickets, log_minutes_sum, minutes_sum, returned, rated, satisfied';

interface StoredCell {
  readonly agent_id: string;
  readonly category: string;
  readonly tickets: number;
  readonly log_minutes_sum: number;
  readonly minutes_sum: number;
  readonly returned: number;
  readonly rated: number;
  readonly satisfied: number;
  readonly own: boolean | null;
}
interface StoredLoad {
  readonly agent_id: string;
  readonly per_minute: number;
  readonly busy_share: number;
  readonly at: Date;
  readonly own: boolean | null;
}
/** Beyond `memoryTickets` ($3) each further observation leaves so much of what was seen before. */
const fadedBy = (seen: string, more: string): string =>
  `case when ${seen} > $3::float8 then power($3::float8 / ($3::float8 + 1), ${more}) else 1 end`;
const keyOf = ({ agentId, category }: ObservedCell): string => `${agentId} ${category}`;
const toCell = (row: StoredCell): ObservedCell => ({
  agentId: row.agent_id,
  category: row.category,
  tickets: row.tickets,
  logMinutesSum: row.log_minutes_sum,
  minutesSum: row.minutes_sum,
  returned: row.returned,
  rated: row.rated,
  satisfied: row.satisfied,
});
/** A load as it was at an instant; it fades from then on. */
export interface StandingLoad extends ObservedLoad {
  readonly atMs: number;
}
const toLoad = (row: StoredLoad): StandingLoad => ({
  agentId: row.agent_id,
  perMinute: row.per_minute,
  busyShare: row.busy_share,
  atMs: row.at.getTime(),
});

interface StoredArm {
  readonly held_out: boolean;
  readonly tickets: number;
  readonly minutes_sum: number;
  readonly squares_sum: number;
}
const toArm = (row: StoredArm): Arm => ({ tickets: row.tickets, minutesSum: row.minutes_sum, squaresSum: row.squares_sum });
const SAMPLES_MAX = 5_000;

/** This process's copy of all that was observed: each look reads only what changed since the one before. */
export class ExperienceCache {
  readonly cells = new Map<string, ObservedCell>();
  readonly loads = new Map<string, StandingLoad>();
  /** One higher whenever anything was different. */
  edition = 0;
  returns = { tickets: 0, minutes: 0 };
  /** What learning saves a ticket, as far as it is known. */
  gain: Gain | undefined;
  #seenXmin = '0';
  /** What the last look could not know to be committed is read again, or forgotten. */
  #uncertain: { readonly cells: readonly string[]; readonly agents: readonly string[] } = { cells: [], agents: [] };

  /** @returns whether anything is different, and xmin: whatever commits later has at least this transaction id */
  async renew(tx: EntityManager): Promise<{ changed: boolean; xmin: string }> {
    const since = [this.#seenXmin, this.#uncertain.agents];
    const [[snapshot], cells, loads, [returns], arms] = await Promise.all([
      tx.query<{ xmin: string }[]>('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin'),
      tx.query<StoredCell[]>(`select ${CELL}, ${OWN} from observed where changed_xid >= $1::xid8 or agent_id = any($2::text[])`, since),
      tx.query<StoredLoad[]>(
        `select agent_id, per_minute, busy_share, at, ${OWN} from agent_load where changed_xid >= $1::xid8 or agent_id = any($2::text[])`,
        since,
      ),
      tx.query<{ tickets: number; minutes: number }[]>('select tickets, minutes from came_back'),
      tx.query<StoredArm[]>('select * from learning_arm order by held_out'),
    ]);
    let changed = this.returns.tickets !== returns!.tickets;
    this.returns = returns!;
    const didHarm = doesHarm(this.gain);
    this.gain = gainOf(toArm(arms[0]!), toArm(arms[1]!));
    changed ||= didHarm !== doesHarm(this.gain);
    const found = new Set(cells.map((row) => keyOf(toCell(row))));
    for (const key of this.#uncertain.cells) if (!found.has(key)) changed = this.cells.delete(key) || changed;
    const foundLoads = new Set(loads.map((row) => row.agent_id));
    for (const agentId of this.#uncertain.agents) if (!foundLoads.has(agentId)) changed = this.loads.delete(agentId) || changed;
    for (const row of cells) {
      const cell = toCell(row);
      changed ||= JSON.stringify(this.cells.get(keyOf(cell))) !== JSON.stringify(cell);
      this.cells.set(keyOf(cell), cell);
    }
    for (const row of loads) this.loads.set(row.agent_id, toLoad(row));
    this.#seenXmin = snapshot!.xmin;
    const own = [...cells.filter((row) => row.own), ...loads.filter((row) => row.own)].map((row) => row.agent_id);
    this.#uncertain = { cells: cells.filter((row) => row.own).map((row) => keyOf(toCell(row))), agents: [...new Set(own)] };
    if (changed) this.edition += 1;
    return { changed, xmin: snapshot!.xmin };
  }
}

export interface Solved {
  readonly ticketId: string;
  readonly agentId: string;
  readonly assignedAt: Date;
  readonly solvedAt: Date;
  /** When the ticket waited for somebody else than its owner. */
  readonly pauses: readonly Pause[];
}

/** How long a solved ticket took since it came in; where it had come back, in place of its solution before. */
export interface Sample {
  readonly heldOut: boolean;
  readonly minutes: number;
  readonly insteadOf: number | undefined;
}

/** What became of tickets, summed up by agent and category. */
export class ExperienceStore {
  constructor(private readonly tx: EntityManager) {}

  /**
   * Remembers who solved what, and how long they worked on it: from when it was given to the agent, or from when the agent solved the one
   * before, without the ticket's pauses and without the time the agent was offline in between.
   * A ticket solved again is credited again, to who solved it then.
   */
  async solved(rows: readonly Solved[]): Promise<void> {
    if (rows.length === 0) return;
    const agentIds = [...new Set(rows.map((row) => row.agentId))].sort();
    await this.tx.query(
      `insert into agent_load (agent_id, at) select id, 'epoch' from unnest($1::text[]) as x(id) order by id on conflict do nothing`,
      [agentIds],
    );
    const stored = (await this.tx.query(
      'select agent_id, per_minute, busy_share, at from agent_load where agent_id = any($1::text[]) order by agent_id for update',
      [agentIds],
    )) as StoredLoad[];
    const loads = new Map(stored.map((row) => [row.agent_id, toLoad(row)]));
    const absences = await this.#absencesOf(agentIds);
    const minutesOf = new Map<string, number>();
    for (const { ticketId, agentId, assignedAt, solvedAt, pauses } of [...rows].sort(
      (a, b) => a.solvedAt.getTime() - b.solvedAt.getTime(),
    )) {
      const before = loads.get(agentId)!;
      const began = solvedAt.getTime() > before.atMs ? Math.max(assignedAt.getTime(), before.atMs) : assignedAt.getTime();
      // Who solves a ticket while they are taken for offline works all the same.
      const away = (absences.get(agentId) ?? []).filter(({ until }) => until <= solvedAt.getTime());
      const minutes = minutesWorked(began, solvedAt.getTime(), [...pauses, ...away]);
      minutesOf.set(ticketId, minutes);
      loads.set(agentId, fadedLoad(before, solvedAt.getTime(), minutes));
    }
    await this.tx.query(
      `insert into solved (ticket_id, agent_id, log_minutes, minutes, solved_at)
       select distinct on (t) t, a, l, m, s from unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::timestamptz[]) with ordinality as x(t, a, l, m, s, n)
       order by t, n desc on conflict (ticket_id) do update set agent_id = excluded.agent_id, log_minutes = excluded.log_minutes, minutes = excluded.minutes,
         solved_at = excluded.solved_at, category = null, returned = false`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => row.agentId),
        rows.map((row) => logMinutes(minutesOf.get(row.ticketId)!)),
        rows.map((row) => minutesOf.get(row.ticketId)!),
        rows.map((row) => row.solvedAt),
      ],
    );
    const after = [...loads.values()];
    await this.tx.query(
      `update agent_load l set per_minute = x.per_minute, busy_share = x.busy_share, at = x.at, changed_xid = pg_current_xact_id()
       from unnest($1::text[], $2::float8[], $3::float8[], $4::timestamptz[]) as x(agent_id, per_minute, busy_share, at) where l.agent_id = x.agent_id`,
      [
        after.map((one) => one.agentId),
        after.map((one) => one.perMinute),
        after.map((one) => one.busyShare),
        after.map((one) => new Date(one.atMs)),
      ],
    );
  }

  async #absencesOf(agentIds: readonly string[]): Promise<Map<string, Pause[]>> {
    const rows = await this.tx.query<{ agent_id: string; from: Date; until: Date }[]>(
      `select agent_id, lower(absence) as from, upper(absence) as until from routing_agent cross join unnest(offline) absence
       where agent_id = any($1::text[]) and not upper_inf(absence)`,
      [agentIds],
    );
    const absences = Map.groupBy(rows, (row) => row.agent_id);
    return new Map(
      [...absences].map(([agentId, own]) => [agentId, own.map(({ from, until }) => ({ from: from.getTime(), until: until.getTime() }))]),
    );
  }

  /**
   * Credits solved tickets whose category is known now, whichever of the two came last.
   * @param memoryTickets beyond so many, what was seen before fades with each ticket
   */
  async credit(tickets: readonly { ticketId: string; category: string }[], memoryTickets: number): Promise<void> {
    if (tickets.length === 0) return;
    const left = fadedBy('o.tickets', 'excluded.tickets');
    await this.tx.query(
      `with credited as (
         update solved s set category = x.category from (select distinct on (t) t, c as category from unnest($1::text[], $2::text[]) as y(t, c) order by t) x
         where s.ticket_id = x.t and s.category is null returning s.agent_id, x.category, s.log_minutes, s.minutes, s.returned),
       more as (
         select agent_id, category, count(*)::float8 as tickets, sum(log_minutes) as log_minutes, sum(minutes) as minutes, sum(returned::int)::float8 as returned
         from credited group by 1, 2)
       insert into observed as o (agent_id, category, tickets, log_minutes_sum, minutes_sum, returned)
       select agent_id, category, tickets, log_minutes, minutes, returned from more order by 1, 2
       on conflict (agent_id, category) do update set
         tickets = o.tickets * ${left} + excluded.tickets, log_minutes_sum = o.log_minutes_sum * ${left} + excluded.log_minutes_sum,
         minutes_sum = o.minutes_sum * ${left} + excluded.minutes_sum, returned = o.returned * ${left} + excluded.returned,
         changed_xid = pg_current_xact_id()`,
      [tickets.map((one) => one.ticketId), tickets.map((one) => one.category), memoryTickets],
    );
  }

  /** Solved tickets that came back within so many days: once per solution it counts against who solved them. */
  async cameBack(rows: readonly { ticketId: string; at: Date }[], memoryTickets: number, withinDays: number): Promise<void> {
    if (rows.length === 0) return;
    const left = fadedBy('c.tickets', 'b.tickets');
    await this.tx.query(
      `with back as (
         update solved s set returned = true from (select distinct on (t) t, at from unnest($1::text[], $2::timestamptz[]) as y(t, at) order by t, at) x
         where s.ticket_id = x.t and not s.returned and x.at between s.solved_at and s.solved_at + $4::float8 * interval '1 day'
         returning s.agent_id, s.category, greatest(0, extract(epoch from x.at - s.solved_at)::float8 / 60) as minutes),
       counted as (
         update observed o set returned = least(o.tickets, o.returned + b.tickets), changed_xid = pg_current_xact_id()
         from (select agent_id, category, count(*)::float8 as tickets from back where category is not null group by 1, 2) b
         where o.agent_id = b.agent_id and o.category = b.category)
       update came_back c set tickets = c.tickets * ${left} + b.tickets, minutes = c.minutes * ${left} + b.minutes
       from (select count(*)::float8 as tickets, coalesce(sum(minutes), 0) as minutes from back) b where b.tickets > 0`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.at), RETURNS_MEMORY * memoryTickets, withinDays],
    );
  }

  /**
   * Tickets that agents handed on: each counts as one that came back. The means of the times stay as they are; where nothing was ever
   * solved there is nothing to compare with yet.
   */
  async handedOn(rows: readonly { agentId: string; category: string }[], memoryTickets: number): Promise<void> {
    if (rows.length === 0) return;
    const left = fadedBy('o.tickets', 'x.n');
    await this.tx.query(
      `update observed o set tickets = o.tickets * ${left} + x.n, returned = o.returned * ${left} + x.n,
         log_minutes_sum = o.log_minutes_sum * (${left} + x.n / o.tickets), minutes_sum = o.minutes_sum * (${left} + x.n / o.tickets),
         changed_xid = pg_current_xact_id()
       from (select a, c, count(*)::float8 as n from unnest($1::text[], $2::text[]) as y(a, c) group by 1, 2) x
       where o.agent_id = x.a and o.category = x.c and o.tickets > 0`,
      [rows.map((row) => row.agentId), rows.map((row) => row.category), memoryTickets],
    );
  }

  /** Keys of the cells, and agents whose load, changed by this transaction id or a later one. */
  async changedSince(xid: string): Promise<{ cells: Set<string>; agents: Set<string> }> {
    const [cells, loads] = (await Promise.all([
      this.tx.query('select agent_id, category from observed where changed_xid >= $1::xid8', [xid]),
      this.tx.query('select agent_id from agent_load where changed_xid >= $1::xid8', [xid]),
    ])) as [{ agent_id: string; category: string }[], { agent_id: string }[]];
    return { cells: new Set(cells.map((row) => `${row.agent_id} ${row.category}`)), agents: new Set(loads.map((row) => row.agent_id)) };
  }

  /** Only added here: one row for all would make every instance wait for every other. */
  async sample(tickets: readonly Sample[]): Promise<void> {
    if (tickets.length === 0) return;
    await this.tx.query(
      'insert into learning_sample (held_out, minutes, instead_of) select * from unnest($1::boolean[], $2::float8[], $3::float8[])',
      [tickets.map((one) => one.heldOut), tickets.map((one) => one.minutes), tickets.map((one) => one.insteadOf ?? null)],
    );
  }

  /** Sums up the oldest samples, unless another instance is doing it. @returns how many */
  async sumUp(): Promise<number> {
    const arms = (await this.tx.query('select * from learning_arm order by held_out for update skip locked')) as StoredArm[];
    if (arms.length < 2) return 0;
    const [samples] = (await this.tx.query(
      `delete from learning_sample where id in (select id from learning_sample order by id limit ${SAMPLES_MAX}) returning id::float8, held_out, minutes, instead_of`,
    )) as [{ id: number; held_out: boolean; minutes: number; instead_of: number | null }[], number];
    for (const stored of arms) {
      const own = samples.filter((sample) => sample.held_out === stored.held_out).sort((a, b) => a.id - b.id);
      const { tickets, minutesSum, squaresSum } = own.reduce((arm, one) => withTicket(arm, one.minutes, one.instead_of), toArm(stored));
      await this.tx.query('update learning_arm set tickets = $2, minutes_sum = $3, squares_sum = $4 where held_out = $1', [
        stored.held_out,
        tickets,
        minutesSum,
        squaresSum,
      ]);
    }
    return samples.length;
  }

  /** What was seen of these agents, in the order of their ids and categories. */
  async seen(agentIds: readonly string[]): Promise<ObservedCell[]> {
    const rows = (await this.tx.query(`select ${CELL} from observed where agent_id = any($1::text[]) order by 1, 2`, [
      agentIds,
    ])) as StoredCell[];
    return rows.map(toCell);
  }

  /**
   * A ticket's latest rating takes the place of the one before. It is the agent's whom the rating names (older ones name nobody: then
   * who solved the ticket), in the category the ticket has by now.
   */
  async rate(
    ratings: readonly { ticketId: string; agentId: string | undefined; satisfied: boolean }[],
    memoryTickets: number,
  ): Promise<void> {
    const newest = [...new Map(ratings.map((rating) => [rating.ticketId, rating])).values()];
    if (newest.length === 0) return;
    // One that takes another's place makes nothing older.
    const left = fadedBy('o.rated', 'greatest(0, excluded.rated)');
    await this.tx.query(
      `with said as (
         select x.ticket_id, coalesce(x.agent_id, s.agent_id) as agent_id, coalesce(t.facts->'enriched'->>'category', $4) as category, x.satisfied
         from unnest($1::text[], $2::text[], $5::boolean[]) as x(ticket_id, agent_id, satisfied)
         left join solved s using (ticket_id) left join routing_ticket t using (ticket_id) where coalesce(x.agent_id, s.agent_id) is not null),
       before as (select r.* from rating r join said using (ticket_id)),
       kept as (
         insert into rating select ticket_id, agent_id, category, satisfied from said order by ticket_id
         on conflict (ticket_id) do update set agent_id = excluded.agent_id, category = excluded.category, satisfied = excluded.satisfied),
       moved as (
         select agent_id, category, 1 as rated, satisfied::int as satisfied from said
         union all select agent_id, category, -1, -satisfied::int from before)
       insert into observed as o (agent_id, category, rated, satisfied)
       select agent_id, category, sum(rated), sum(satisfied) from moved group by 1, 2 having sum(rated) <> 0 or sum(satisfied) <> 0 order by 1, 2
       on conflict (agent_id, category) do update set rated = greatest(0, o.rated * ${left} + excluded.rated),
         satisfied = least(greatest(0, o.rated * ${left} + excluded.rated), greatest(0, o.satisfied * ${left} + excluded.satisfied)),
         changed_xid = pg_current_xact_id()`,
      [
        newest.map((one) => one.ticketId),
        newest.map((one) => one.agentId ?? null),
        memoryTickets,
        NO_CATEGORY,
        newest.map((one) => one.satisfied),
      ],
    );
  }
}
