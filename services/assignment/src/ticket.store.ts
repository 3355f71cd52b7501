import type { Answer, Channel, Priority } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { expectedTicket, offerOf, type Ended, type Offer, type Stage, type Ticket } from './domain/ticket.js';

/** Every column beside the key, with its type. The two statements below are built from this one list. */
const COLUMNS = {
  number: 'bigint',
  channel: 'text',
  customer_id: 'text',
  automatic: 'boolean',
  category: 'text',
  complexity: 'int',
  priority: 'text',
  language: 'text',
  wants_human: 'boolean',
  status: 'text',
  epoch: 'int',
  agent_id: 'text',
  units: 'double precision',
  interruptible: 'boolean',
  assigned_at: 'timestamptz',
  offer_id: 'text',
  offer_agent_id: 'text',
  offer_expires_at: 'timestamptz',
  offer_acknowledge_by: 'timestamptz',
  offer_units: 'double precision',
  offer_interruptible: 'boolean',
  silent_since: 'timestamptz',
  silent_due_at: 'timestamptz',
  silent_nudged: 'boolean',
  hand_over_since: 'timestamptz',
  consult_agent_ids: 'text[]',
  granted_proposal_id: 'text',
  priority_override: 'text',
  queue_override: 'text',
  extra_skills: 'jsonb',
  transfer_skills: 'jsonb',
  first_queued_at: 'timestamptz',
  relax_from: 'timestamptz',
  excluded_agent_ids: 'text[]',
  exclusion_ends: 'jsonb',
  exclusion_lapses_at: 'timestamptz',
  attempts: 'int',
  transfers: 'int',
  solved_at: 'timestamptz',
  solved_how: 'text',
  reopenings: 'int',
  merged_into: 'text',
  pending_answer: 'jsonb',
} as const;
const names = Object.keys(COLUMNS);

interface TicketRow {
  ticket_id: string;
  number: string | null;
  channel: Channel | null;
  customer_id: string | null;
  automatic: boolean | null;
  category: string | null;
  complexity: number | null;
  priority: Priority | null;
  language: string | null;
  wants_human: boolean | null;
  status: 'new' | 'open' | 'pending' | 'on-hold' | 'solved' | 'closed' | null;
  epoch: number;
  agent_id: string | null;
  units: number | null;
  interruptible: boolean;
  assigned_at: Date | null;
  offer_id: string | null;
  offer_agent_id: string | null;
  offer_expires_at: Date | null;
  offer_acknowledge_by: Date | null;
  offer_units: number | null;
  offer_interruptible: boolean;
  silent_since: Date | null;
  silent_due_at: Date | null;
  silent_nudged: boolean;
  hand_over_since: Date | null;
  consult_agent_ids: string[];
  granted_proposal_id: string | null;
  priority_override: Priority | null;
  queue_override: string | null;
  extra_skills: Record<string, number>;
  transfer_skills: Record<string, number>;
  first_queued_at: Date | null;
  relax_from: Date | null;
  excluded_agent_ids: string[];
  exclusion_ends: Record<string, string>;
  exclusion_lapses_at: Date | null;
  attempts: number;
  transfers: number;
  solved_at: Date | null;
  solved_how: Ended['how'] | null;
  reopenings: number;
  merged_into: string | null;
  pending_answer: Answer | null;
}

const INSERT_MISSING = `insert into ticket (ticket_id) select t from unnest($1::text[]) as x(t) order by t on conflict do nothing`;
const LOCK = `select ticket_id, ${names.join(', ')} from ticket where ticket_id = any($1::text[]) order by ticket_id for update`;
const SAVE = `
  update ticket t set (${names.join(', ')}) = (${names.map((name) => `x.${name}`).join(', ')})
  from jsonb_to_recordset($1::jsonb) as x(ticket_id text, ${Object.entries(COLUMNS)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})
  where t.ticket_id = x.ticket_id`;

export class TicketStore {
  constructor(private readonly tx: EntityManager) {}

  /** Locks the tickets' rows in id order, made when missing. */
  async lock(ticketIds: readonly string[], now: Date): Promise<Ticket[]> {
    if (ticketIds.length === 0) return [];
    const sorted = [...new Set(ticketIds)].sort();
    let rows = (await this.tx.query(LOCK, [sorted])) as TicketRow[];
    if (rows.length < sorted.length) {
      await this.tx.query(INSERT_MISSING, [sorted]);
      rows = await this.tx.query(LOCK, [sorted]);
    }
    return rows.map((row) => ticketFrom(row, now));
  }

  async save(tickets: readonly Ticket[]): Promise<void> {
    if (tickets.length > 0) await this.tx.query(SAVE, [JSON.stringify(tickets.map(rowFrom))]);
  }
}

function ticketFrom(row: TicketRow, now: Date): Ticket {
  return {
    ...expectedTicket(row.ticket_id, now),
    received:
      row.number === null
        ? null
        : { number: Number(row.number), channel: row.channel!, customerId: row.customer_id!, automatic: row.automatic ?? false },
    enriched:
      row.priority === null
        ? null
        : {
            category: row.category,
            complexity: row.complexity ?? 1,
            priority: row.priority,
            language: row.language,
            wantsHuman: row.wants_human ?? false,
          },
    stage: stageFrom(row),
    epoch: row.epoch,
    priorityOverride: row.priority_override,
    queueOverride: row.queue_override,
    extraSkills: row.extra_skills,
    transferSkills: row.transfer_skills,
    firstQueuedAt: row.first_queued_at ?? now,
    relaxFrom: row.relax_from ?? now,
    excludedAgentIds: row.excluded_agent_ids,
    exclusionEnds: new Map(Object.entries(row.exclusion_ends).map(([agentId, until]) => [agentId, new Date(until)])),
    attempts: row.attempts,
    transfers: row.transfers,
    grantedProposalId: row.granted_proposal_id,
    reopenings: row.reopenings,
    mergedInto: row.merged_into,
    pendingAnswer: row.pending_answer,
  };
}

function stageFrom(row: TicketRow): Stage {
  const { status, agent_id: agentId, assigned_at: assignedAt, solved_at: solvedAt } = row;
  const weight = { units: row.units ?? 0, interruptible: row.interruptible };
  if (status === null) return { at: 'expected' };
  if (status === 'solved' || status === 'closed') {
    const how = row.solved_how ?? 'agent';
    return { at: status, how, agentId, assignedAt, ...weight, solvedAt: solvedAt! };
  }
  const offer = offerFrom(row);
  if (agentId !== null && status !== 'new') {
    const silence = row.silent_since ? { since: row.silent_since, dueAt: row.silent_due_at, nudged: row.silent_nudged } : undefined;
    const kept = { rescue: offer, silence, handOverSince: row.hand_over_since ?? undefined, consultAgentIds: row.consult_agent_ids };
    return { at: 'owned', status, agentId, assignedAt: assignedAt!, ...weight, ...kept };
  }
  if (status === 'pending' || status === 'on-hold') return { at: 'answered' };
  return offer ? { at: 'offered', status, offer } : { at: 'waiting', status };
}

const offerFrom = (row: TicketRow): Offer | undefined =>
  row.offer_id === null
    ? undefined
    : {
        offerId: row.offer_id,
        agentId: row.offer_agent_id!,
        expiresAt: row.offer_expires_at!,
        acknowledgeBy: row.offer_acknowledge_by,
        units: row.offer_units ?? row.units ?? 0,
        interruptible: row.offer_interruptible,
      };

function rowFrom(ticket: Ticket): TicketRow {
  const { received, enriched, stage } = ticket;
  const ended = stage.at === 'solved' || stage.at === 'closed' ? stage : undefined;
  const owned = stage.at === 'owned' ? stage : undefined;
  const worked = owned ?? ended;
  const offer = offerOf(ticket);
  const lapses = [...ticket.exclusionEnds.values()].map(Number);
  const expected = stage.at === 'expected';
  return {
    ticket_id: ticket.ticketId,
    number: received === null ? null : String(received.number),
    channel: received?.channel ?? null,
    customer_id: received?.customerId ?? null,
    automatic: received?.automatic ?? null,
    category: enriched?.category ?? null,
    complexity: enriched?.complexity ?? null,
    priority: enriched?.priority ?? null,
    language: enriched?.language ?? null,
    wants_human: enriched?.wantsHuman ?? null,
    status: expected ? null : ended ? ended.at : stage.at === 'answered' ? 'pending' : (stage as { status: 'open' }).status,
    epoch: ticket.epoch,
    agent_id: worked?.agentId ?? null,
    units: worked?.units ?? null,
    interruptible: worked?.interruptible ?? false,
    assigned_at: worked?.assignedAt ?? null,
    offer_id: offer?.offerId ?? null,
    offer_agent_id: offer?.agentId ?? null,
    offer_expires_at: offer?.expiresAt ?? null,
    offer_acknowledge_by: offer?.acknowledgeBy ?? null,
    offer_units: offer?.units ?? null,
    offer_interruptible: offer?.interruptible ?? false,
    silent_since: owned?.silence?.since ?? null,
    silent_due_at: owned?.silence?.dueAt ?? null,
    silent_nudged: owned?.silence?.nudged ?? false,
    hand_over_since: owned?.handOverSince ?? null,
    consult_agent_ids: [...(owned?.consultAgentIds ?? [])],
    granted_proposal_id: ticket.grantedProposalId,
    priority_override: ticket.priorityOverride,
    queue_override: ticket.queueOverride,
    extra_skills: ticket.extraSkills,
    transfer_skills: ticket.transferSkills,
    first_queued_at: expected ? null : ticket.firstQueuedAt,
    relax_from: expected ? null : ticket.relaxFrom,
    excluded_agent_ids: [...ticket.excludedAgentIds],
    exclusion_ends: Object.fromEntries([...ticket.exclusionEnds].map(([agentId, until]) => [agentId, until.toISOString()])),
    exclusion_lapses_at: lapses.length === 0 ? null : new Date(Math.min(...lapses)),
    attempts: ticket.attempts,
    transfers: ticket.transfers,
    solved_at: ended?.solvedAt ?? null,
    solved_how: ended?.how ?? null,
    reopenings: ticket.reopenings,
    merged_into: ticket.mergedInto,
    pending_answer: ticket.pendingAnswer,
  };
}
