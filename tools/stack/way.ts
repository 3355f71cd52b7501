import type { WitnessedEvent } from './witness.ts';

interface Fact {
  value: unknown;
  confidence: number;
}
interface Scored {
  agentId: string;
  score: number;
  factors: { signal: string; contribution: number; value: number }[];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const strongest = (one: Scored): string =>
  [...one.factors]
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, 2)
    .map((factor) => `${factor.signal} ${factor.value.toFixed(2)}`)
    .join(', ');

/** One step of a ticket's way in words, or undefined when a reader of the terminal need not see it. */
export function describeStep({ type, data }: WitnessedEvent): string | undefined {
  switch (type) {
    case 'TicketReceived':
      return `received by ${String(data['door'])}: “${String(data['subject'])}”`;
    case 'MessageReceived':
      return `a further message by ${String(data['door'])}`;
    case 'TicketEnriched': {
      const { category, priority, language, complexity } = data as Record<string, Fact>;
      return `enriched: ${String(category?.value ?? 'no category')} (${percent(category?.confidence ?? 0)}), ${String(priority?.value)}, ${String(language?.value ?? '?')}, complexity ${String(complexity?.value)}`;
    }
    case 'AnswerProposed':
      return `an answer is proposed: “${(data['answer'] as { title: string }).title}” (${percent((data['answer'] as Fact).confidence)})`;
    case 'AnswerRefused':
      return `the answer is not sent: ${String(data['why'])}`;
    case 'AssignmentProposed': {
      const [chosen, runnerUp] = data['top'] as Scored[];
      if (!chosen) return `decided: ${String(data['agentId'])}`;
      const second = runnerUp ? `; runner-up ${runnerUp.agentId} ${runnerUp.score.toFixed(2)}` : '; nobody else could';
      return `decided: ${chosen.agentId} ${chosen.score.toFixed(2)} (${strongest(chosen)})${second}`;
    }
    case 'TicketQueued':
      return `waits: ${(data['reasons'] as { reason: string; agents: number }[]).map(({ reason, agents }) => `${reason}: ${agents}`).join('; ')}`;
    case 'RequirementsRelaxed':
      return `relaxed, step ${String(data['step'])}: ${String(data['relaxed'])}`;
    case 'OfferMade':
      return `offered to ${String(data['agentId'])}`;
    case 'OfferDeclined':
      return `declined by ${String(data['agentId'])}: ${String(data['reason'])}`;
    case 'OfferExpired':
      return `${String(data['agentId'])} let the offer expire`;
    case 'TicketAssigned':
      return `assigned to ${String(data['agentId'])} (${String(data['how'])})`;
    case 'ProposalRejected':
      return `proposal rejected: ${String(data['why'])}`;
    case 'AnswerReleased':
      return `answered with the article “${(data['answer'] as { title: string }).title}” (${percent((data['answer'] as Fact).confidence)})`;
    case 'ReplyReleased':
      return `${String(data['agentId'])} replied`;
    case 'MessageDelivered':
      return `delivered by ${String(data['channel'])}`;
    case 'DeliveryFailed':
      return `not delivered: ${String(data['reason'])}`;
    case 'TicketSolved':
      return `solved${data['agentId'] ? ` by ${String(data['agentId'])}` : ''}`;
    case 'TicketReopened':
      return 'reopened';
    case 'SlaWarned':
    case 'SlaBreached':
      return `${type === 'SlaWarned' ? 'SLA warning' : 'SLA breached'}: ${String(data['target'])}`;
    case 'TicketEscalated':
      return `escalated to ${`level ${String(data['level'])}: ${String(data['explanation'])}`.replace(/^(level \d+: )\1/, '$1')}`;
    default:
      return undefined;
  }
}
