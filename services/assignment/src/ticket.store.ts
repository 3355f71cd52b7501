import type { Answer, Channel, Priority } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { expectedTicket, type Ended, type Stage, type Ticket } from './domain/ticket.js';

/** Every column beside the key, with its type. The two statements below are built from this one list. */
const COLUMNS = {
  number: 'bigint',
  channel: 'text',
  customer_id: 'text',
  automatic: 'boolean',
  category: 'text',
  priority: 'text',
  language: 'text',
  wants_human: 'boolean',
  status: 'text',
  epoch: 'int',
  agent_id: 'text',
  units: 'double precision',
  assigned_at: 'timestamptz',
  offer_id: 'text',
  offer_agent_id: 'text',
  offer_expires_at: 'timestamptz',
  granted_proposal_id: 'text',
  priority_override: 'text',
  queue_override: 'text',
  extra_skills: 'jsonb',
  first_queued_at: 'timestamptz',
  relax_from: 'timestamptz',
  excluded_agent_ids: 'text[]',
  solved_at: 'timestamptz',
  solved_how: 'text',
  reopenings: 'int',
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
  priority: Priority | null;
  language: string | null;
  wants_human: boolean | null;
  status: 'new' | 'open' | 'pending' | 'on-hold' | 'solved' | 'closed' | null;
  epoch: number;
  agent_id: string | null;
  units: number | null;
  assigned_at: Date | null;
  offer_id: string | null;
  offer_agent_id: string | null;
  offer_expires_at: Date | null;
  granted_proposal_id: string | null;
  priority_override: Priority | null;
  queue_override: string | null;
  extra_skills: Record<string, number>;
  first_queued_at: Date | null;
  relax_from: Date | null;
  excluded_agent_ids: string[];
  solved_at: Date | null;
  solved_how: Ended['how'] | null;
  reopenings: number;
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
        : { category: row.category, priority: row.priority, language: row.language, wantsHuman: row.wants_human ?? false },
    stage: stageFrom(row),
    epoch: row.epoch,
    priorityOverride: row.priority_override,
    queueOverride: row.queue_override,
    extraSkills: row.extra_skills,
    firstQueuedAt: row.first_queued_at ?? now,
    relaxFrom: row.relax_from ?? now,
    excludedAgentIds: row.excluded_agent_ids,
    grantedProposalId: row.granted_proposal_id,
    reopenings: row.reopenings,
    pendingAnswer: row.pending_answer,
  };
}

function stageFrom(row: TicketRow): Stage {
  const { status, agent_id: agentId, assigned_at: assignedAt, solved_at: solvedAt } = row;
  const units = row.units ?? 0;
  if (status === null) return { at: 'expected' };
  if (status === 'solved' || status === 'closed') {
    const how = row.solved_how ?? 'agent';
    return { at: status, how, agentId, assignedAt, units, solvedAt: solvedAt! };
  }
  if (agentId !== null && status !== 'new') return { at: 'owned', status, agentId, assignedAt: assignedAt!, units };
  if (status === 'pending' || status === 'on-hold') return { at: 'answered' };
  if (row.offer_id === null) return { at: 'waiting', status };
  return { at: 'offered', status, offer: { offerId: row.offer_id, agentId: row.offer_agent_id!, expiresAt: row.offer_expires_at!, units } };
}

function rowFrom(ticket: Ticket): TicketRow {
  const { received, enriched, stage } = ticket;
  const ended = stage.at === 'solved' || stage.at === 'closed' ? stage : undefined;
  const worked = stage.at === 'owned' ? stage : ended;
  const offer = stage.at === 'offered' ? stage.offer : undefined;
  const expected = stage.at === 'expected';
  return {
    ticket_id: ticket.ticketId,
    number: received === null ? null : String(received.number),
    channel: received?.channel ?? null,
    customer_id: received?.customerId ?? null,
    automatic: received?.automatic ?? null,
    category: enriched?.category ?? null,
    priority: enriched?.priority ?? null,
    language: enriched?.language ?? null,
    wants_human: enriched?.wantsHuman ?? null,
    status: expected ? null : ended ? ended.at : stage.at === 'answered' ? 'pending' : (stage as { status: 'open' }).status,
    epoch: ticket.epoch,
    agent_id: worked?.agentId ?? null,
    units: worked?.units ?? offer?.units ?? null,
    assigned_at: worked?.assignedAt ?? null,
    offer_id: offer?.offerId ?? null,
    offer_agent_id: offer?.agentId ?? null,
    offer_expires_at: offer?.expiresAt ?? null,
    granted_proposal_id: ticket.grantedProposalId,
    priority_override: ticket.priorityOverride,
    queue_override: ticket.queueOverride,
    extra_skills: ticket.extraSkills,
    first_queued_at: expected ? null : ticket.firstQueuedAt,
    relax_from: expected ? null : ticket.relaxFrom,
    excluded_agent_ids: [...ticket.excludedAgentIds],
    solved_at: ended?.solvedAt ?? null,
    solved_how: ended?.how ?? null,
    reopenings: ticket.reopenings,
    pending_answer: ticket.pendingAnswer,
  };
}
