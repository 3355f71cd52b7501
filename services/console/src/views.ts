import type { AgentState } from '@signalbox/contracts';
import type { ActiveConfiguration } from './configuration.store.js';
import { notesOn, reasonsFor } from './domain/words.js';
import { originFor, outlookOf, summarize, waitingOf, type Ticket } from './domain/ticket.js';
import type { DecisionRecord } from './domain/records.js';

/** A ticket as lists and streams show it. */
export function ticketRow(ticket: Ticket, configuration: ActiveConfiguration) {
  const { snapshot, nameOf } = configuration;
  const received = ticket.intake?.received;
  const offer = ticket.assignment?.ticket?.offer ?? null;
  const summary = summarize(ticket, configuration.queueOf);
  const { number, status, priority, agentId, category, queueId, firstQueuedAt, dueAt, breached, handOverSince } = summary;
  const waiting = waitingOf(ticket, summary);
  return {
    ticketId: ticket.ticketId,
    number,
    status,
    priority,
    channel: received?.channel ?? null,
    customer: received ? { ...received.customer, tier: ticket.enrichment?.customer.tier ?? null } : null,
    subject: received?.subject ?? null,
    category,
    categoryTitle: category === null ? null : (snapshot.find('category', category)?.title ?? category),
    language: ticket.enrichment?.language.value ?? received?.language ?? null,
    complexity: ticket.enrichment?.complexity.value ?? null,
    queueId,
    queueTitle: queueId === null ? null : (snapshot.find('queue', queueId)?.title ?? queueId),
    owner: agentId === null ? null : { agentId, name: nameOf(agentId) ?? agentId },
    offer: offer && { ...offer, name: nameOf(offer.agentId) ?? offer.agentId },
    receivedAt: received?.receivedAt ?? null,
    consulted: summary.consultAgentIds.map((id) => ({ agentId: id, name: nameOf(id) ?? id })),
    handOverSince,
    firstQueuedAt,
    dueAt,
    breached,
    cannotMake: cannotMake(ticket),
    escalationLevel: Math.max(0, ...(ticket.sla?.escalations.map((escalation) => escalation.level) ?? [])),
    waiting: waiting && {
      step: waiting.step,
      reasons: waiting.reasons,
      nextStepAt: waiting.nextStepAt ?? null,
      /** Routing says the numbers anew only when the reasons change: they are as of then. */
      queuedAt: waiting.queuedAt,
    },
    updatedAt: ticket.updatedAt,
  };
}
function cannotMake(ticket: Ticket) {
  const outlook = outlookOf(ticket);
  return (
    outlook && { target: outlook.target, dueAt: outlook.dueAt, expectedAt: outlook.expectedAt, asOf: outlook.asOf, basis: outlook.basis }
  );
}
export type TicketRow = ReturnType<typeof ticketRow>;

/** A decision with its reasons in words: why this agent, and who came second. */
export function decisionRow({ proposalId, proposal, outcome }: DecisionRecord, { sla }: Ticket, { nameOf }: ActiveConfiguration) {
  const top = (proposal?.top ?? []).map((scored) => ({ ...scored, name: nameOf(scored.agentId) ?? scored.agentId }));
  const chosen = top.find((scored) => scored.agentId === proposal?.agentId);
  return {
    proposalId,
    agentId: proposal?.agentId ?? null,
    name: proposal ? (nameOf(proposal.agentId) ?? proposal.agentId) : null,
    proposedAt: proposal?.proposedAt ?? null,
    round: proposal?.round ?? null,
    step: proposal?.step ?? null,
    policy: proposal?.policy ?? null,
    weights: proposal?.weights ?? null,
    unenriched: proposal?.unenriched ?? null,
    notes: proposal ? notesOn(proposal, sla?.escalations ?? []) : [],
    reasons: chosen ? reasonsFor(chosen) : [],
    runnerUp: top.find((scored) => scored !== chosen) ?? null,
    top,
    excluded: proposal?.excluded ?? [],
    outcome: outcome ?? null,
  };
}

/** How a ticket came to whoever looks at it: the decision that did it, or the person. Null for everybody else. */
export function originRow(ticket: Ticket, agentId: string, { nameOf }: ActiveConfiguration) {
  const origin = originFor(ticket, agentId);
  if (!origin) return null;
  const { proposalId = null, by } = origin;
  return { proposalId, by: by ? { ...by, name: nameOf(by.agentId) ?? by.agentId } : null };
}

/** The chain upwards, with people's names: what fired and whom it told, and who stopped it. */
export function escalationRows({ sla }: Ticket, { nameOf }: ActiveConfiguration) {
  const { escalations = [], notifications = [], canceled } = sla ?? {};
  const named = <T extends { readonly to: string }>(told: T) => ({ ...told, name: nameOf(told.to) ?? told.to });
  const meant = (word: string): string =>
    word.startsWith('agent:') ? (nameOf(word.slice('agent:'.length)) ?? word) : word.replace(':', ' ');
  return {
    escalations: escalations.map(({ recipients = [], notify = [], ...escalation }) => ({
      ...escalation,
      recipients: recipients.map(named),
      /** Whom it is held for, as far as that is known before. */
      heldFor: notify.map(meant),
    })),
    notifications: notifications.map(named),
    escalationCanceled: canceled ? { ...canceled, name: nameOf(canceled.byAgentId) ?? canceled.byAgentId } : null,
  };
}

/** An agent as the board shows one; before assignment has said anything, offline and without room used. */
export function agentRow(agentId: string, state: AgentState['data'] | undefined, { snapshot, nameOf }: ActiveConfiguration) {
  const configured = snapshot.find('agent', agentId);
  return {
    agentId,
    name: nameOf(agentId) ?? agentId,
    role: configured?.role ?? null,
    team: configured?.team ?? null,
    presence: state?.presence ?? ('offline' as const),
    inRotation: state?.inRotation ?? true,
    onShift: state?.onShift ?? null,
    unitsUsed: state?.unitsUsed ?? 0,
    unitsMax: state?.unitsMax ?? configured?.unitsMax ?? 0,
    interruptibleUnitsUsed: state?.interruptibleUnitsUsed ?? 0,
    interruptibleUnitsMax: state?.interruptibleUnitsMax ?? null,
    holds: state?.holds ?? [],
    queueIds: configured?.queues ?? state?.queueIds ?? [],
    skills: configured?.skills ?? state?.skills ?? {},
    languages: configured?.languages ?? state?.languages ?? {},
    shiftEndsAt: state?.shiftEndsAt ?? null,
    idleSince: state?.idleSince ?? null,
  };
}
