import { Get, HttpException, Logger, Req, Res, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';
import { AgentStore } from './agent.store.js';
import { Api, By } from './auth.guard.js';
import { changesAfter, keptChanges, mergeChanges, type Change, type Changed } from './change.store.js';
import { ConfigurationStore, type ActiveConfiguration } from './configuration.store.js';
import type { AgentState } from '@signalbox/contracts';
import { audienceOf, summarize } from './domain/ticket.js';
import { maySee, viewOf, type Audience, type Caller } from './domain/visibility.js';
import { Feed } from './feed.js';
import { requestRow, RequestStore, type StoredRequest } from './request.store.js';
import { SessionStore } from './session.store.js';
import { TicketQueryStore } from './ticket-query.store.js';
import { agentRow, ticketRow, type TicketRow } from './views.js';

const HEARTBEAT_MS = 15_000;
const CLIENTS_MAX = 5_000;
const CLIENTS_OF_ONE_MAX = 10;
/** A reader this far behind is cut off; it comes back with its Last-Event-ID and gets what it missed, or is told to start anew. */
const BUFFER_BYTES_MAX = 1_000_000;
/** Changes, and rows in them, that are told again after a gap; beyond it a snapshot is cheaper. */
const REPLAY_MAX = 1_000;

interface Client {
  readonly caller: Caller;
  readonly response: Response;
  /** Told up to here. Undefined while it catches up: then the feed leaves it alone. */
  sequence: number | undefined;
}
/** The rows as they stand now, for all that changed. */
interface Rows {
  readonly configuration: ActiveConfiguration;
  readonly tickets: ReadonlyMap<string, { readonly audience: Audience; readonly row: TicketRow }>;
  readonly agents: ReadonlyMap<string, AgentState['data']>;
  readonly requests: ReadonlyMap<string, StoredRequest>;
}

/** `GET /stream`: server-sent events, filtered row by row like everything else. */
@Api('stream')
export class StreamController implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #clients = new Set<Client>();
  readonly #logger = new Logger('Stream');
  #heartbeat: NodeJS.Timeout | undefined;
  /** Everybody who is ready has been told everything up to here. */
  #told = 0;

  constructor(
    private readonly feed: Feed,
    private readonly tickets: TicketQueryStore,
    private readonly agents: AgentStore,
    private readonly requests: RequestStore,
    private readonly sessions: SessionStore,
    private readonly configuration: ConfigurationStore,
    private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    this.feed.listen({ wants: () => this.#clients.size > 0, tell: (changes) => this.#tellAll(changes) });
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#heartbeat);
    for (const client of this.#clients) this.#drop(client);
  }

  @Get()
  async open(@By() caller: Caller, @Req() request: Request, @Res() response: Response): Promise<void> {
    const own = [...this.#clients].filter((client) => client.caller.agentId === caller.agentId).length;
    if (own >= CLIENTS_OF_ONE_MAX || this.#clients.size >= CLIENTS_MAX) {
      throw new HttpException(
        { error: 'Too Many Requests', message: `at most ${CLIENTS_OF_ONE_MAX} streams per person are open at once` },
        429,
      );
    }
    const client: Client = { caller, response, sequence: undefined };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    this.#write(client, 'retry: 2000\n\n');
    const last = request.headers['last-event-id'] ?? request.query['lastEventId'];
    await this.#catchUp(client, typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : undefined).catch((error: unknown) => {
      this.#logger.warn(`a stream could not catch up: ${(error as Error).message}`);
      this.#drop(client);
    });
  }

  /** A newcomer and whoever was away too long start from a snapshot of their own; the others get what they missed. */
  async #catchUp(client: Client, last: number | undefined): Promise<void> {
    let told = this.feed.position;
    const missed = last === undefined ? undefined : await this.#missedSince(last);
    if (last === undefined || missed === undefined) {
      this.#write(client, eventText('resync', told, { sequence: told }));
    } else {
      told = await this.#replay(client, missed, last);
    }
    // What is told to the others meanwhile is caught up with here; from the assignment below on, it is told to this one too.
    while (told < this.#told) told = await this.#replay(client, await changesAfter(told, REPLAY_MAX, this.database.manager), this.#told);
    client.sequence = told;
  }

  /** Undefined when some of it is no longer kept, when the number is none of ours, or when a snapshot is cheaper. */
  async #missedSince(last: number): Promise<Change[] | undefined> {
    const kept = await keptChanges(this.database.manager);
    if (last > kept.last || last + 1 < kept.first) return undefined;
    const missed = await changesAfter(last, REPLAY_MAX + 1, this.database.manager);
    const rows = missed.reduce((sum, change) => sum + change.about.length, 0);
    return missed.length > REPLAY_MAX || rows > REPLAY_MAX ? undefined : missed;
  }

  async #replay(client: Client, changes: readonly Change[], otherwise: number): Promise<number> {
    if (changes.length === 0) return otherwise;
    const change = mergeChanges(changes);
    this.#tell(client, change, await this.#rowsFor(change));
    return change.sequence;
  }

  /** Whose token has expired or whose session was ended hears no more. */
  async #beat(): Promise<void> {
    const sessionIds = [...this.#clients].flatMap(({ caller }) => caller.sessionId ?? []);
    // While the database is away nobody can be told anything anyway.
    const living = await this.sessions.living(sessionIds).catch(() => new Set(sessionIds));
    for (const client of this.#clients) {
      const { expiresAt, sessionId } = client.caller;
      const over =
        expiresAt.getTime() <= Date.now() || (sessionId !== undefined && sessionIds.includes(sessionId) && !living.has(sessionId));
      if (over) this.#drop(client);
      else this.#write(client, ': still here\n\n');
    }
  }

  /** Who becomes ready while the rows are read is told too: the last word on who is, and on how far we are, is spoken at once. */
  async #tellAll(changes: readonly Change[]): Promise<void> {
    const change = mergeChanges(changes);
    const rows = await this.#rowsFor(change);
    for (const client of this.#clients) {
      if (client.sequence === undefined || client.sequence >= change.sequence) continue;
      client.sequence = change.sequence;
      this.#tell(client, change, rows);
    }
    this.#told = change.sequence;
  }

  #tell(client: Client, change: Change, rows: Rows): void {
    this.#write(client, textFor(client.caller, change, rows));
    // A session's role follows the configuration: its reader comes back, and is looked at anew.
    if (client.caller.sessionId !== undefined && change.about.some((one) => one.kind === 'configuration')) this.#drop(client);
  }

  async #rowsFor({ about }: Change): Promise<Rows> {
    const idsOf = (kind: Changed['kind']): string[] => about.filter((one) => one.kind === kind).map((one) => one.id);
    const [configuration, tickets, agents, requests] = await Promise.all([
      this.configuration.active(this.database.manager),
      this.tickets.byIds(idsOf('ticket')),
      this.agents.states(idsOf('agent')),
      this.requests.byIds(idsOf('request')),
    ]);
    const shown = [...tickets].map(([id, ticket]) => {
      const audience = audienceOf(summarize(ticket, configuration.queueOf));
      return [id, { audience, row: ticketRow(ticket, configuration) }] as const;
    });
    return { configuration, tickets: new Map(shown), agents, requests };
  }

  #write(client: Client, text: string): void {
    if (text === '' || client.response.writableEnded) return;
    client.response.write(text);
    if (client.response.writableLength > BUFFER_BYTES_MAX) this.#drop(client);
  }

  #drop(client: Client): void {
    this.#clients.delete(client);
    if (client.response.writableLength > BUFFER_BYTES_MAX) client.response.destroy();
    else client.response.end();
  }
}

/** All of one change that this reader may know. The number stands on the last one, so that a cut in between repeats the change. */
function textFor(caller: Caller, change: Change, rows: Rows): string {
  const { configuration } = rows;
  const view = viewOf(caller, configuration.queuesOf(caller.agentId));
  const told: object[] = [];
  const { sequence } = change;
  for (const one of change.about) {
    if (one.kind === 'configuration') return eventText('resync', sequence, { sequence });
    if (one.kind === 'ticket') {
      const ticket = rows.tickets.get(one.id);
      if (ticket && maySee(view, ticket.audience)) told.push({ ...ticket.row, sequence, kind: one.kind, id: one.id });
      else if (maySee(view, one)) told.push({ sequence, kind: one.kind, id: one.id, removed: true });
    } else if (one.kind === 'agent') {
      if (view.everything || one.id === caller.agentId)
        told.push({ ...agentRow(one.id, rows.agents.get(one.id), configuration), sequence, kind: one.kind, id: one.id });
    } else if (one.kind === 'queue' || one.kind === 'recomputation') {
      if (view.everything) told.push({ sequence, kind: one.kind, id: one.id });
    } else if (one.kind === 'notice') {
      if (one.agentId === caller.agentId) told.push({ sequence, kind: one.kind, id: one.id });
    } else if (one.agentId === caller.agentId) {
      const request = rows.requests.get(one.id);
      if (request) told.push({ ...requestRow(request), sequence, requestKind: request.kind, kind: one.kind, id: one.id });
    }
  }
  return told.map((row, index) => eventText('change', index === told.length - 1 ? sequence : undefined, row)).join('');
}

const eventText = (event: string, id: number | undefined, row: object): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(row)}\n\n`;
