import {
  AnswerRefused,
  AnswerReleased,
  StatusChanged,
  TicketReopened,
  TicketSolved,
  type Answer,
  type TicketEnriched,
  type TicketReceived,
} from '@signalbox/contracts';
import { isGone, isOnline, type Agent } from './agent.js';
import { graceIsOver, release } from './oversight.js';
import { mayClose, nothing, requeued, snapshotOf, statusOf, withoutExclusions, type Decision, type Ended, type Ticket } from './ticket.js';
import { awaitsReply } from './silence.js';
import { reopenTo, takeUp } from './working.js';

/**
 * A new ticket waits from the moment it was received. What came before it takes effect now: an escalation is said, so that routing hears
 * of it, and an answer is judged.
 */
export function receive(ticket: Ticket, { data }: Pick<TicketReceived, 'data'>, messageId: string): Decision {
  const receivedAt = new Date(data.receivedAt);
  const { number, channel, customer } = data;
  const known: Ticket = {
    ...ticket,
    received: { number, channel, customerId: customer.customerId, automatic: data.automatic ?? false },
    stage: { at: 'waiting', status: 'new' },
    firstQueuedAt: receivedAt,
    relaxFrom: receivedAt,
    pendingAnswer: null,
  };
  const isEscalated = ticket.priorityOverride !== null || ticket.queueOverride !== null || Object.keys(ticket.extraSkills).length > 0;
  const said = { ticket: snapshotOf(known), from: 'new' as const, cause: 'escalation' as const };
  const escalated = isEscalated ? [StatusChanged(ticket.ticketId, said)] : [];
  const judged = ticket.pendingAnswer ? releaseAnswer(known, ticket.pendingAnswer, messageId) : nothing(known);
  return { ...judged, events: [...escalated, ...judged.events] };
}

/** What is known of the ticket; nothing is said about it but its state record. */
export function enrich(ticket: Ticket, { data }: Pick<TicketEnriched, 'data'>): Decision {
  const { category, complexity, priority, language, wantsHuman } = data;
  return nothing({
    ...ticket,
    enriched: {
      category: category.value,
      complexity: complexity.value,
      priority: priority.value,
      language: language.value,
      wantsHuman: wantsHuman.value,
    },
  });
}

/**
 * The one gate for what is sent automatically. A verdict is about the ticket as received, so any hand-over since then
 * (epoch above 1) makes it stale.
 */
export function releaseAnswer(ticket: Ticket, answer: Answer, messageId: string): Decision {
  if (ticket.stage.at === 'expected') return nothing({ ...ticket, pendingAnswer: answer });
  const why = reasonAgainst(ticket);
  if (why) return { ticket, events: [AnswerRefused(ticket.ticketId, { ticket: snapshotOf(ticket), why })] };
  const answered: Ticket = { ...ticket, stage: { at: 'answered' }, epoch: ticket.epoch + 1 };
  return { ticket: answered, events: [AnswerReleased(ticket.ticketId, { ticket: snapshotOf(answered), messageId, answer })] };
}

function reasonAgainst({ stage, epoch, enriched, received }: Ticket): AnswerRefused['data']['why'] | undefined {
  if (stage.at === 'owned') return 'owned';
  if (stage.at === 'offered') return 'offered';
  if (stage.at === 'solved' || stage.at === 'closed') return 'not-open';
  if (epoch !== 1) return 'stale-epoch';
  // A machine that is answered by a machine is a loop; a person decides.
  return enriched?.wantsHuman || received?.automatic ? 'wants-human' : undefined;
}

/** The customer found the answer helpful, or said nothing for the policy's time. Too late when a person has taken over. */
export function confirmDeflection(ticket: Ticket, now: Date): Decision {
  if (ticket.stage.at !== 'answered') return nothing(ticket);
  const solved: Ticket = {
    ...ticket,
    stage: { at: 'solved', how: 'deflected', agentId: null, assignedAt: null, units: 0, interruptible: false, solvedAt: now },
  };
  const said = { agentId: null, how: 'deflected' as const, assignedAt: null, solvedAt: now.toISOString() };
  return { ticket: solved, events: [TicketSolved(ticket.ticketId, { ticket: snapshotOf(solved), ...said })] };
}

/** "This did not help": to a person at once, with the age of the first message. Also after silence had counted as success. */
export function failDeflection(ticket: Ticket, now: Date): Decision {
  if (ticket.mergedInto !== null) return nothing(ticket);
  if (ticket.stage.at === 'answered') return backToQueue(ticket, 'deflection-failed');
  if ((ticket.stage.at === 'solved' || ticket.stage.at === 'closed') && ticket.stage.how === 'deflected')
    return reopenToQueue(ticket, ticket.stage, now);
  return nothing(ticket);
}

/** The company's: how long a solved ticket may be reopened, and an agent be offline before they count as gone. */
interface Patience {
  readonly reopenDaysMax: number;
  readonly offlineGraceSeconds: number;
}

/**
 * A person wrote again. `owner` is the ticket's owner or solver: the ticket goes on with them when they are there (the owner also within
 * the grace, in which they may come back), else it waits for anybody. Intake opens a new ticket for a closed one; what it still attached to
 * this one, or later than `reopenDaysMax` after it was solved, is not lost but reopens it, for anybody.
 */
export function customerWrote(
  ticket: Ticket,
  owner: Agent | undefined,
  { reopenDaysMax, offlineGraceSeconds }: Patience,
  now: Date,
): Decision {
  const { stage } = ticket;
  // Merged: whoever hands us this looks for the ticket it goes on in.
  if (ticket.mergedInto !== null) return nothing(ticket);
  switch (stage.at) {
    case 'answered':
      return backToQueue(ticket, 'customer-replied');
    case 'owned': {
      if (stage.status === 'open')
        return owner && isGone(owner) ? release(ticket, owner, 'agent-offline', now) : nothing(awaitsReply(ticket, now));
      const there = owner?.configured && !isGone(owner) && !graceIsOver(owner, offlineGraceSeconds, now);
      return there ? takeUp(ticket, owner, 'customer-replied', now) : backToQueue(ticket, 'customer-replied');
    }
    case 'solved':
      if (owner?.configured && isOnline(owner, now) && !mayClose(stage, reopenDaysMax, now))
        return reopenTo(ticket, stage, owner, 'customer-replied', now);
      return reopenToQueue(ticket, stage, now);
    case 'closed':
      return reopenToQueue(ticket, stage, now);
    default:
      return nothing(ticket);
  }
}

function backToQueue(ticket: Ticket, cause: 'customer-replied' | 'deflection-failed'): Decision {
  const back = requeued(ticket);
  return { ticket: back, events: [StatusChanged(ticket.ticketId, { ticket: snapshotOf(back), from: statusOf(ticket), cause })] };
}

function reopenToQueue(ticket: Ticket, stage: Ended, now: Date): Decision {
  const back: Ticket = { ...withoutExclusions(requeued(ticket)), relaxFrom: now, reopenings: ticket.reopenings + 1, transfers: 0 };
  const said = { solvedByAgentId: stage.agentId, cause: 'customer-replied' as const, reopenings: back.reopenings };
  return { ticket: back, events: [TicketReopened(ticket.ticketId, { ticket: snapshotOf(back), ...said })] };
}
