import type {
  AssignmentProposed,
  NotificationSent,
  RequirementsRelaxed,
  ScoredAgent,
  StatusChanged,
  TicketAssigned,
  TicketEscalated,
  TicketTransferred,
} from '@signalbox/contracts';
import type { Told } from './ticket.js';

const share = (value: number): string => `${Math.round(value * 100)} %`;
/** Names change and are looked up when the words are read; `nameAgents` puts them in. */
const agent = (agentId: string): string => `{${agentId}}`;

/** A reader may get its number, and a link to it. */
const another = (ticketId: string): string => `{${ticketId}}`;

/** Replaces the agents' ids in a history entry's words by their names, and tickets' by their numbers. What is neither stays as it is. */
export const nameAgents = (words: string, nameOf: (agentId: string) => string | undefined): string =>
  words.replace(/\{([^{}]{1,80})\}/g, (marked, agentId: string) => nameOf(agentId) ?? marked);

/** One line of a ticket's history. No text of a customer and no address is in it. */
export function wordsFor(event: Told): string {
  switch (event.type) {
    case 'TicketReceived':
      return `received by ${event.data.channel} (${event.data.door}) as number ${event.data.number}`;
    case 'MessageReceived':
      return event.data.kind === 'human' ? 'the customer wrote' : `${event.data.kind} received`;
    case 'MessageDelivered':
      return `delivered by ${event.data.channel}`;
    case 'DeliveryFailed':
      return `not delivered by ${event.data.channel}${event.data.final ? ', given up' : ''}: ${event.data.reason}`;
    case 'SatisfactionRated':
      return `the customer rated it ${event.data.score} of 5`;
    case 'TicketEnriched': {
      const { category, priority, language, complexity, missing } = event.data;
      const about = `${category.value ?? 'no category'} (${share(category.confidence)}), ${priority.value}, ${language.value ?? 'language unknown'}`;
      return `${about}, complexity ${complexity.value}${missing.length > 0 ? `; without ${missing.join(', ')}` : ''}`;
    }
    case 'AnswerProposed':
      return `answer found: ${event.data.answer.title} (${share(event.data.answer.confidence)}, needed ${share(event.data.threshold)})`;
    case 'NoAnswer':
      return `no automatic answer: ${event.data.reason} (best ${share(event.data.bestConfidence)}, needed ${share(event.data.threshold)})`;
    case 'ArticlesSuggested':
      return `${event.data.suggestions.length} ${event.data.suggestions.length === 1 ? 'article' : 'articles'} suggested`;
    case 'DeflectionConfirmed':
      return event.data.how === 'confirmed' ? 'the customer says the answer helped' : 'the answer is assumed to have helped';
    case 'DeflectionFailed':
      return 'the customer says the answer did not help';
    case 'AssignmentProposed':
      return `proposed to ${agent(event.data.agentId)} in round ${event.data.round}${event.data.unenriched ? ', not enriched in time' : ''}`;
    case 'TicketQueued':
      return `waits in ${event.data.queueId}${reasonsText(event.data.reasons)}`;
    case 'RequirementsRelaxed':
      return `requirements relaxed, step ${event.data.step}: ${event.data.relaxed}${RELAXED[event.data.why]}`;
    case 'OfferMade':
      return `offered to ${agent(event.data.agentId)}${event.data.rescue ? ', who could still make its deadline; the owner keeps it until then' : ''}`;
    case 'OfferDeclined':
      return `${agent(event.data.agentId)} declined${event.data.reassignable ? ' for now' : ''}: ${event.data.reason}`;
    case 'OfferExpired':
      return `${agent(event.data.agentId)} did not answer${event.data.outOfRotation ? ' and goes out of rotation' : ''}`;
    case 'OfferRescinded':
      return `offer to ${agent(event.data.agentId)} withdrawn: ${WITHDRAWN[event.data.why] ?? event.data.why}`;
    case 'TicketAssigned':
      return assignedText(event.data);
    case 'ProposalRejected':
      return `proposal of ${agent(event.data.agentId)} rejected: ${event.data.why}`;
    case 'TicketReleased':
      return `released from ${agent(event.data.agentId)}: ${RELEASED[event.data.why] ?? event.data.why}${byText(event.data)}`;
    case 'TicketTransferred':
      return transferredText(event.data);
    case 'OwnerSilent':
      return `${agent(event.data.agentId)} has not replied for ${event.data.minutes} minutes of the shift`;
    case 'HandOverListed':
      return `to be handed over: the shift of ${agent(event.data.agentId)} is over`;
    case 'WrapUpEnded':
      return event.data.how === 'agent' ? `${agent(event.data.agentId)} wrapped it up` : `wrap-up of ${agent(event.data.agentId)} is over`;
    case 'ConsultStarted':
      return `${agent(event.data.agentId)} asks ${agent(event.data.withAgentId)} to look at it too`;
    case 'ConsultEnded':
      return `${agent(event.data.withAgentId)} is no longer asked`;
    case 'AnswerReleased':
      return `answered automatically: ${event.data.answer.title}`;
    case 'AnswerRefused':
      return `automatic answer kept back: ${event.data.why}`;
    case 'ReplyReleased':
      return `${agent(event.data.agentId)} replied`;
    case 'StatusChanged':
      return changedText(event.data);
    case 'TicketSolved':
      return event.data.agentId === null ? 'solved by the automatic answer' : `solved by ${agent(event.data.agentId)}`;
    case 'TicketReopened':
      return `reopened (${event.data.reopenings}): ${event.data.cause}`;
    case 'TicketClosed':
      return 'closed';
    case 'TicketMerged':
      return `merged into ${another(event.data.intoTicketId)} by ${agent(event.data.byAgentId)}`;
    case 'TicketMergedIn':
      return `${another(event.data.fromTicketId)} was merged into it by ${agent(event.data.byAgentId)}`;
    case 'RequestRefused':
      return `request refused: ${event.data.message}`;
    case 'ClocksChanged': {
      const ticking = event.data.clocks.filter((clock) => clock.status === 'running');
      return ticking.length === 0 ? 'no clock runs' : `clocks: ${ticking.map((clock) => `${clock.target} due ${clock.dueAt}`).join(', ')}`;
    }
    case 'SlaWarned':
      return `${event.data.target}: ${share(event.data.spentShare)} of the time is spent`;
    case 'SlaBreached':
      return `${event.data.target} breached`;
    case 'SlaBreachWithdrawn':
      return `${event.data.target} was not breached after all`;
    case 'SlaOutlook': {
      const { target, willBreach, expectedAt } = event.data;
      return willBreach ? `${target} cannot be kept even if begun now: expected ${expectedAt}` : `${target} can be kept again`;
    }
    case 'TicketEscalated':
      return `escalated to ${levelText(event.data)}${asksText(event.data)}${heldText(event.data.heldUntil)}`;
    case 'EscalationCanceled':
      return `${agent(event.data.byAgentId)} stopped the escalation: ${event.data.reason}`;
    case 'NotificationSent':
      return `level ${event.data.level}: ${told(event.data)} was told`;
    case 'NotificationFailed':
      return `level ${event.data.level}: ${told(event.data)} could not be told${event.data.final ? ', given up' : ''}: ${event.data.reason}`;
  }
}

const skillsText = (skills: Readonly<Record<string, number>>): string =>
  Object.entries(skills)
    .map(([skill, level]) => `${skill} ≥ ${level}`)
    .join(', ');

/** A level of the chain says itself which it is. */
const levelText = ({ level, explanation }: TicketEscalated['data']): string =>
  explanation.startsWith(`level ${level}: `) ? explanation : `level ${level}: ${explanation}`;

/** What an escalation asks for; assignment's next line says what came of it. */
function asksText({ raisePriorityTo, addSkills = {}, requeue, offerRescue, reassignToRole }: TicketEscalated['data']): string {
  const asks = [
    raisePriorityTo && `priority ${raisePriorityTo}`,
    skillsText(addSkills),
    reassignToRole ? `to somebody with the role ${reassignToRole}` : requeue && 'back to its queue',
    offerRescue && 'to whoever can begin it before its owner',
  ].filter(Boolean);
  return asks.length === 0 ? '' : `; asks for: ${asks.join('; ')}`;
}

const heldText = (heldUntil: string | undefined): string =>
  heldUntil === undefined ? '' : `; told at ${heldUntil}, after the quiet hours`;
const told = ({ via, to }: Pick<NotificationSent['data'], 'via' | 'to'>): string => (via === 'console' ? agent(to) : `${via} ${to}`);

const RELAXED: Readonly<Record<RequirementsRelaxed['data']['why'], string>> = {
  waited: '',
  'nobody-staffed': '; at once, since nobody staffed could have taken it',
  'nobody-online': '; at once, since nobody online could have taken it',
};
const WITHDRAWN: Readonly<Record<string, string>> = {
  'agent-offline': 'they went offline',
  'agent-removed': 'they are no longer an agent',
  'not-delivered': 'it did not reach their console',
  superseded: 'somebody decided otherwise',
};
const RELEASED: Readonly<Record<string, string>> = {
  'agent-offline': 'they are offline',
  'agent-removed': 'they are no longer an agent',
  rescue: 'somebody else can make its deadline',
  reassigned: 'a supervisor gave it to somebody else',
  supervisor: 'a supervisor took it back',
  'owner-silent': 'no reply for too long',
  'end-of-shift': 'their shift is over',
  escalation: 'it was escalated',
};

const byText = ({ byAgentId, reason }: { byAgentId?: string | undefined; reason?: string | undefined }): string =>
  byAgentId === undefined ? '' : ` (${agent(byAgentId)}: ${reason})`;

function assignedText({ agentId, how, overAssigned, ...by }: TicketAssigned['data']): string {
  const who = agent(agentId);
  if (how === 'accepted') return `${who} accepted`;
  if (how === 'pulled') return `${who} took it as the next`;
  if (how === 'escalated') return `escalated to ${who}`;
  return `assigned to ${who}${overAssigned ? ', beyond their capacity' : ''}${byText(by)}`;
}

function transferredText({ from, to, why, byAgentId }: TicketTransferred['data']): string {
  if (why === 'escalation') return `escalated: from ${from.queueId} to ${to.queueId}, since nobody who was asked for has room`;
  if (why === 'attempts-exhausted') return `offered in vain too often: from ${from.queueId} to ${to.queueId}`;
  const skills = Object.entries(to.skills ?? {}).map(([skill, level]) => `${skill} ${level}`);
  const target = to.agentId !== undefined ? agent(to.agentId) : skills.length > 0 ? `somebody with ${skills.join(', ')}` : to.queueId;
  return `handed on to ${target}${byAgentId === null ? '' : ` by ${agent(byAgentId)}`}`;
}

function changedText({ from, cause, ticket, ...by }: StatusChanged['data']): string {
  if (cause === 'exclusion-ended') return 'who could not take it for a while may be asked again';
  if (cause !== 'supervisor') return `${from} → ${ticket.status}: ${cause}`;
  const { priorityOverride, queueOverride } = ticket;
  const set = [priorityOverride && `priority ${priorityOverride}`, queueOverride && `queue ${queueOverride}`].filter(Boolean);
  return `set by a supervisor: ${set.join(', ') || 'back to what it was'}${byText(by)}`;
}

const reasonsText = (reasons: readonly { reason: string; agents: number }[]): string =>
  reasons.length === 0 ? '' : `: ${reasons.map(({ reason, agents }) => `${reason} (${agents})`).join(', ')}`;

const SIGNALS: Readonly<Record<string, string>> = {
  skill: 'skills fit',
  language: 'language fits',
  workload: 'has room',
  idle: 'free the longest',
  speed: 'fast at such tickets',
  satisfaction: 'liked by customers of such tickets',
  familiarity: 'knows the customer',
  slaSlack: 'time left',
  slaPressure: 'own deadlines allow it',
  rotation: 'not given a ticket for longest',
  resolution: 'solved for good soonest',
};

type Asking = Pick<TicketEscalated['data'], 'raisePriorityTo' | 'addSkills' | 'escalatedAt'>;

/** What the decision was asked for beyond its category: by an escalation before it, else by whoever handed the ticket on. */
function demandsOf({ priority, extraSkills = {}, proposedAt }: AssignmentProposed['data'], escalations: readonly Asking[]): string[] {
  const before = escalations.filter(({ escalatedAt }) => Date.parse(escalatedAt) <= Date.parse(proposedAt));
  const isEscalated = ([skill, level]: [string, number]): boolean => before.some(({ addSkills }) => addSkills?.[skill] === level);
  const { escalated = [], others = [] } = Object.groupBy(Object.entries(extraSkills), (one) => (isEscalated(one) ? 'escalated' : 'others'));
  const raised = priority !== undefined && before.some(({ raisePriorityTo }) => raisePriorityTo === priority);
  const asked = [skillsText(Object.fromEntries(escalated)), raised && `priority ${priority}`].filter(Boolean);
  return [
    ...(asked.length === 0 ? [] : [`asked for by an escalation: ${asked.join('; ')}`]),
    ...(others.length === 0 ? [] : [`asked for when it was handed on: ${skillsText(Object.fromEntries(others))}`]),
  ];
}

/** What was particular about a decision, in words. */
export const notesOn = (proposal: AssignmentProposed['data'], escalations: readonly Asking[]): string[] => [
  ...demandsOf(proposal, escalations),
  ...(proposal.unenriched ? ['not enriched in time'] : []),
  ...(proposal.pulled ? ['asked for the next ticket'] : []),
  ...(proposal.rescue ? ['a rescue: the owner keeps it until it is accepted'] : []),
  ...(proposal.yieldedTo === undefined ? [] : ['the best one was worth more to another ticket of the round']),
  ...(proposal.heldOut ? ['decided without what was learned of single agents, to measure what that is worth'] : []),
  ...(proposal.propensity === undefined ? [] : [`${share(proposal.propensity)} likely, given what was tried out`]),
];

/** The two factors that weighed most, in words: `skills fit 90 %`. */
export const reasonsFor = (scored: ScoredAgent): string[] =>
  [...scored.factors]
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, 2)
    .map(({ signal, value }) => `${SIGNALS[signal] ?? signal} ${share(value)}`);
