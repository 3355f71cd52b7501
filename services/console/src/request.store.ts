import { Inject, Injectable } from '@nestjs/common';
import { OfferDelivered, PresenceReported, type Draft, type Presence } from '@signalbox/contracts';
import type { CommandHandler, Outcome } from '@signalbox/messaging';
import { DataSource, type EntityManager } from 'typeorm';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import { recordChanges } from './change.store.js';
import { lapsed, renewLease, type Lease, type Manner } from './domain/presence.js';
import type { RequestOutcome } from './domain/records.js';

export interface Ask {
  readonly requestId: string;
  readonly agentId: string;
  readonly ticketId: string | null;
  /** Makes the event: a wish, until assignment says what came of it. */
  readonly draft: (askedAt: string) => Draft;
  /** Kept with the request and under its id. */
  readonly note?: Pick<NewNote, 'text' | 'audience'>;
}
export interface StoredRequest {
  readonly requestId: string;
  readonly agentId: string;
  readonly ticketId: string | null;
  readonly kind: string;
  readonly askedAt: Date;
  readonly outcome: RequestOutcome | null;
}
export interface PresenceReport {
  readonly requestId: string;
  readonly agentId: string;
  readonly presence: Presence;
  readonly manner: Manner;
}
export interface NewNote {
  readonly noteId: string;
  readonly agentId: string;
  readonly ticketId: string;
  readonly text: string;
  readonly audience: { readonly queueIds: readonly string[]; readonly agentIds: readonly string[] };
}

export interface Delivered {
  readonly ticketId: string;
  readonly agentId: string;
  readonly offerId: string;
}

const KEEP = `
  insert into request (request_id, agent_id, ticket_id, kind, asked_at)
  select r, a, t, k, $5 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as x(r, a, t, k) order by r
  on conflict do nothing returning request_id`;

/** People's wishes, stored with the event that carries them; its id is the request's. */
@Injectable()
export class RequestStore {
  constructor(
    private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment,
  ) {}

  /** A request whose id is known already is not sent again. */
  readonly ask: CommandHandler<Ask, void> = async (asks, { tx, now }) => {
    const askedAt = now.toISOString();
    const drafts = asks.map((ask) => ({ ...ask.draft(askedAt), id: ask.requestId }) as Draft);
    const fresh = new Set(
      (
        (await tx.query(KEEP, [
          asks.map((ask) => ask.requestId),
          asks.map((ask) => ask.agentId),
          asks.map((ask) => ask.ticketId),
          drafts.map((draft) => draft.type),
          now,
        ])) as { request_id: string }[]
      ).map((row) => row.request_id),
    );
    const noted = asks.flatMap(({ requestId, agentId, ticketId, note }) =>
      note && ticketId !== null && fresh.has(requestId) ? [{ noteId: requestId, agentId, ticketId, ...note }] : [],
    );
    await keepNotes(noted, now, tx);
    // `delete` tells true once: the same request twice in one unit is still one event.
    return drafts.map((draft) => ({ events: fresh.delete(draft.id!) ? [draft] : [], answer: undefined }));
  };

  readonly reportDelivered: CommandHandler<Delivered, void> = async (reports, { now }) =>
    reports.map(({ ticketId, agentId, offerId }) => ({
      events: [OfferDelivered(ticketId, { agentId, offerId, deliveredAt: now.toISOString() })],
      answer: undefined,
    }));

  /**
   * The report that says this already and whose lease has not run out: every heartbeat ends here, after one look-up instead of a unit of work.
   * `due`: its lease is to be renewed soon.
   */
  async standingReport({ agentId, presence, manner }: PresenceReport): Promise<{ requestId: string; due: boolean } | undefined> {
    if (manner === 'chosen') return undefined;
    const [known] = await this.database.query<{ presence: Presence; lease_until: Date; request_id: string; now: Date }[]>(
      `select presence, lease_until, request_id, clock_timestamp() + $2 * interval '1 ms' as now from presence_lease
       where agent_id = $1 and request_id <> ''`,
      [agentId, this.environment.SIGNALBOX_CLOCK_OFFSET_MS],
    );
    if (!known || known.presence !== presence) return undefined;
    const lease = { presence, leaseUntil: known.lease_until };
    if (lapsed(lease, known.now)) return undefined;
    return { requestId: known.request_id, due: renewLease(lease, presence, known.now) !== undefined };
  }

  /** Keeps the lease; an event only when presence changes or the known lease runs out soon. Answers with the report that holds. */
  readonly reportPresence: CommandHandler<PresenceReport, string> = async (reports, { tx, now }) => {
    const agentIds = [...new Set(reports.map((report) => report.agentId))].sort();
    await tx.query(
      `insert into presence_lease (agent_id, presence, lease_until, request_id) select a, 'offline', 'epoch', '' from unnest($1::text[]) as x(a)
      on conflict do nothing`,
      [agentIds],
    );
    const rows = (await tx.query('select * from presence_lease where agent_id = any($1) order by agent_id for update', [agentIds])) as {
      agent_id: string;
      presence: Presence;
      lease_until: Date;
      request_id: string;
    }[];
    const leases = new Map(
      rows.map((row) => [row.agent_id, { presence: row.presence, leaseUntil: row.lease_until, requestId: row.request_id }]),
    );
    const outcomes: Outcome<string>[] = [];
    for (const { agentId, presence, requestId, manner } of reports) {
      const known = leases.get(agentId)!;
      const lease: Lease | undefined = renewLease(known.requestId === '' ? undefined : known, presence, now, manner);
      if (!lease) {
        outcomes.push({ events: [], answer: known.requestId });
        continue;
      }
      leases.set(agentId, { ...lease, requestId });
      // Who says something else than before has chosen it, whatever their client calls it; after a lapse it may be a page that woke up.
      const chosen = manner === 'chosen' || known.presence !== presence;
      const said = { presence, leaseUntil: lease.leaseUntil.toISOString(), reportedAt: now.toISOString() };
      const event = PresenceReported(agentId, { ...said, ...(chosen && { chosen }) });
      outcomes.push({ events: [{ ...event, id: requestId }], answer: requestId });
    }
    await tx.query(
      `update presence_lease l set presence = x.p, lease_until = x.u, request_id = x.r
       from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as x(a, p, u, r) where l.agent_id = x.a and l.request_id <> x.r`,
      [
        agentIds,
        agentIds.map((id) => leases.get(id)!.presence),
        agentIds.map((id) => leases.get(id)!.leaseUntil),
        agentIds.map((id) => leases.get(id)!.requestId),
      ],
    );
    return outcomes;
  };

  /** Notes stay here: nobody but agents reads them. */
  readonly addNote: CommandHandler<NewNote, { noteId: string; agentId: string; text: string; at: Date }> = async (notes, { tx, now }) => {
    await keepNotes(notes, now, tx);
    return notes.map(({ noteId, agentId, text }) => ({ events: [], answer: { noteId, agentId, text, at: now } }));
  };

  async find(requestId: string): Promise<StoredRequest | undefined> {
    const rows = await this.byIds([requestId]);
    return rows.get(requestId);
  }

  async byIds(requestIds: readonly string[]): Promise<Map<string, StoredRequest>> {
    const rows = (await this.database.query(
      `select request_id as "requestId", agent_id as "agentId", ticket_id as "ticketId", kind, asked_at as "askedAt", outcome
       from request where request_id = any($1)`,
      [requestIds],
    )) as StoredRequest[];
    return new Map(rows.map((row) => [row.requestId, row]));
  }
}

async function keepNotes(notes: readonly NewNote[], now: Date, tx: EntityManager): Promise<void> {
  const unique = [...new Map(notes.map((note) => [note.noteId, note])).values()];
  if (unique.length === 0) return;
  await tx.query(
    `insert into note (note_id, ticket_id, agent_id, text, at) select n, t, a, x, $5 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as v(n, t, a, x)`,
    [
      unique.map((note) => note.noteId),
      unique.map((note) => note.ticketId),
      unique.map((note) => note.agentId),
      unique.map((note) => note.text),
      now,
    ],
  );
  await recordChanges(
    unique.map(({ ticketId: id, audience }) => ({ kind: 'ticket', id, ...audience })),
    tx,
  );
}

export const requestRow = ({ requestId, kind, ticketId, askedAt, outcome }: StoredRequest) => ({
  requestId,
  kind,
  ticketId,
  askedAt,
  state: outcome === null ? ('sending' as const) : outcome.type === 'RequestRefused' ? ('refused' as const) : ('done' as const),
  outcome: outcome ?? undefined,
});
