import {
  allTopics,
  AssignmentTopic,
  ConsoleTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  type LoadChange,
  type TicketSnapshot,
} from '@signalbox/contracts';
import type { Facts, SeenEvent } from './facts.ts';

export type ViolationKind =
  | 'lost'
  | 'unanswered-request'
  | 'two-owners'
  | 'over-capacity'
  | 'effect-twice'
  | 'version-gap'
  | 'stuck-outbox'
  | 'dead-letter'
  | 'unreadable';

export interface Violation {
  readonly kind: ViolationKind;
  /** The ticket, agent, request, service or record it is about. */
  readonly about: string;
  readonly detail: string;
}

/** Judges a finished run by the promises of the design. Nothing in it trusts a service's word about itself; empty means kept. */
export function check(facts: Facts): Violation[] {
  const { events, violations } = onceEach(facts.events);
  const assignment = bySubject(events.filter((event) => event.topic === AssignmentTopic.name));
  return [
    ...violations,
    ...versionsOf(events),
    ...lostTickets(facts, events, assignment),
    ...requests(events),
    ...[...assignment.values()].flatMap(ownersOf),
    ...holdsOf(facts),
    ...loadsOf(events),
    ...effectsOf(facts, events, assignment),
    ...facts.messaging
      .filter(({ outboxRows }) => outboxRows > 0)
      .map(({ service, outboxRows }) => violation('stuck-outbox', service, `${outboxRows} rows are still in its outbox`)),
    ...facts.deadLetters.map((letter) =>
      violation('dead-letter', `${letter.topic}[${letter.partition}]@${letter.offset}`, `${letter.subject}: ${letter.reason}`),
    ),
    ...facts.messaging.flatMap(({ service, deadLetters }) =>
      deadLetters.map((row) => violation('dead-letter', service, `${row.state}: ${row.topic} ${row.subject}: ${row.reason}`)),
    ),
    ...facts.unreadable.map((what) => violation('unreadable', what, 'does not fit its contract')),
  ];
}

const violation = (kind: ViolationKind, about: string, detail: string): Violation => ({ kind, about, detail });
const placeOf = ({ topic, partition, offset }: SeenEvent): string => `${topic}[${partition}]@${offset}`;
const snapshotOf = (event: SeenEvent): TicketSnapshot => event.data['ticket'] as TicketSnapshot;

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** One subject's events in the order of their versions. */
function bySubject(events: readonly SeenEvent[]): Map<string, SeenEvent[]> {
  const groups = groupBy(events, (event) => event.subject);
  for (const group of groups.values()) group.sort((a, b) => a.version - b.version);
  return groups;
}

/** A record published twice is one event to every reader, if it really is the same one. The first of each, in the order of the topics. */
export function onceEach(records: readonly SeenEvent[]): { events: SeenEvent[]; violations: Violation[] } {
  const inOrder = [...records].sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset);
  const first = new Map<string, SeenEvent>();
  const violations: Violation[] = [];
  const events = inOrder.filter((record) => {
    const names = [`${record.topic} id ${record.id}`, `${record.topic} ${record.subject} version ${record.version}`];
    const earlier = names.map((name) => first.get(name)).find((known) => known !== undefined);
    for (const name of names) if (!first.has(name)) first.set(name, record);
    if (!earlier) return true;
    if (earlier.contentHash !== record.contentHash) {
      violations.push(
        violation('effect-twice', record.id, `${placeOf(earlier)} and ${placeOf(record)} share an id or version and differ in content`),
      );
    }
    return false;
  });
  return { events, violations };
}

/** Versions of a subject in a topic are 1, 2, 3 … in the order of the offsets; compacted topics may leave out, never turn back. */
function versionsOf(events: readonly SeenEvent[]): Violation[] {
  const topics = new Map(allTopics().map((topic) => [topic.name as string, topic]));
  const last = new Map<string, number>();
  return events.flatMap((event) => {
    const topic = topics.get(event.topic);
    if (!topic || topic.writer === 'upstream') return [];
    const key = `${event.topic} ${event.subject}`;
    const before = last.get(key) ?? 0;
    last.set(key, event.version);
    const follows = topic.compacted ? event.version > before : event.version === before + 1;
    return follows ? [] : [violation('version-gap', key, `version ${event.version} follows version ${before} at ${placeOf(event)}`)];
  });
}

/** What was acknowledged ends with an owner, an answer, a visible wait or a visible dead letter. */
function lostTickets(facts: Facts, events: readonly SeenEvent[], assignment: ReadonlyMap<string, SeenEvent[]>): Violation[] {
  const received = new Set(events.filter((event) => event.type === 'TicketReceived').map((event) => event.subject));
  const queued = new Set(events.filter((event) => event.type === 'TicketQueued').map((event) => event.subject));
  const dead = new Set([...facts.deadLetters, ...facts.messaging.flatMap((one) => one.deadLetters)].map((letter) => letter.subject));
  const fateOf = (ticketId: string): string | undefined => {
    if (dead.has(ticketId)) return undefined;
    if (!received.has(ticketId)) return `acknowledged, but ${IntakeTopic.name} does not know it`;
    const last = assignment.get(ticketId)?.at(-1);
    const snapshot = last && snapshotOf(last);
    const taken =
      snapshot !== undefined && (!['new', 'open'].includes(snapshot.status) || snapshot.agentId !== null || snapshot.offer !== null);
    if (taken || queued.has(ticketId)) return undefined;
    return `no owner, no answer, no offer, nobody says that it waits; last said: ${last?.type ?? 'nothing'}`;
  };
  return facts.submissions.flatMap(({ key, ticketIds }) => {
    if (ticketIds.length === 0) return [];
    return [...new Set(ticketIds)].flatMap((ticketId) => {
      const fate = fateOf(ticketId);
      return fate === undefined ? [] : [violation('lost', ticketId, `${fate} (submission ${key})`)];
    });
  });
}

/** Exactly one outcome follows a request. A reply may also solve or set aside: two events of different types, one outcome. */
function requests(events: readonly SeenEvent[]): Violation[] {
  const outcomes = groupBy(
    events.filter((event) => event.topic === AssignmentTopic.name),
    (event) => event.causationId,
  );
  return events
    .filter((event) => event.topic === ConsoleTopic.name && event.type !== 'PresenceReported')
    .flatMap(({ id, type, subject }) => {
      const types = (outcomes.get(id) ?? []).map((event) => event.type);
      if (types.length === 0) return [violation('unanswered-request', id, `${type} about ${subject} has no outcome`)];
      const twice = new Set(types).size < types.length || (types.length > 1 && types.includes('RequestRefused'));
      return twice ? [violation('effect-twice', id, `${type} about ${subject} has more than one outcome: ${types.join(', ')}`)] : [];
    });
}

/** Nobody is assigned, offered or answered automatically while a person owns the ticket or another offer stands. */
function ownersOf(story: readonly SeenEvent[]): Violation[] {
  const violations: Violation[] = [];
  let owner: string | null = null;
  let offered: string | null = null;
  for (const event of story) {
    const { status, agentId, offer } = snapshotOf(event);
    const next = ['open', 'pending', 'on-hold'].includes(status) ? agentId : null;
    const gives = ['TicketAssigned', 'OfferMade', 'AnswerReleased'].includes(event.type);
    const accepted = event.type === 'TicketAssigned' && event.data['how'] === 'accepted' && offered === event.data['agentId'];
    if (owner !== null && (gives || (next !== null && next !== owner)))
      violations.push(
        violation('two-owners', event.subject, `${event.type} to ${next ?? 'nobody'} while ${owner} owns it, ${placeOf(event)}`),
      );
    if (offered !== null && gives && !accepted)
      violations.push(violation('two-owners', event.subject, `${event.type} while it is offered to ${offered}, ${placeOf(event)}`));
    owner = next;
    offered = offer?.agentId ?? null;
  }
  return violations;
}

/** A hold belongs to the owner or to whom the ticket is offered, and there is one at most. */
function holdsOf({ tickets, holds }: Facts): Violation[] {
  const rows = new Map(tickets.map((row) => [row.ticketId, row]));
  const perTicket = groupBy(holds, (hold) => hold.ticketId);
  const wrong = [...perTicket].flatMap(([ticketId, held]) => {
    const row = rows.get(ticketId);
    if (held.length > 1) return [violation('two-owners', ticketId, `units are held by ${held.map((hold) => hold.agentId).join(' and ')}`)];
    const [hold] = held;
    const rightful = hold!.state === 'offered' ? row?.offerAgentId : row?.status === 'open' ? row.agentId : undefined;
    return rightful === hold!.agentId
      ? []
      : [
          violation(
            'two-owners',
            ticketId,
            `${hold!.agentId} holds units (${hold!.state}), the ticket is ${rightful ?? `nobody's, ${row?.status}`}`,
          ),
        ];
  });
  const without = tickets
    .filter((row) => ((row.status === 'open' && row.agentId !== null) || row.offerAgentId !== null) && !perTicket.has(row.ticketId))
    .map((row) => violation('two-owners', row.ticketId, `${row.agentId ?? row.offerAgentId} has it without a hold`));
  return [...wrong, ...without];
}

/** Each agent's load, in the order of agentVersion: every step begins where the last one ended, and nothing automatic goes beyond the limit. */
function loadsOf(events: readonly SeenEvent[]): Violation[] {
  const loads = events.flatMap((event) => {
    const load = event.data['load'] as LoadChange | undefined;
    return event.topic === AssignmentTopic.name && load ? [{ event, load }] : [];
  });
  return [...groupBy(loads, ({ load }) => load.agentId)].flatMap(([agentId, steps]) => {
    const violations: Violation[] = [];
    let before: LoadChange | undefined;
    for (const { event, load } of steps.sort((a, b) => a.load.agentVersion - b.load.agentVersion)) {
      const where = `agentVersion ${load.agentVersion}, ${event.type} ${placeOf(event)}`;
      if (load.agentVersion === before?.agentVersion)
        violations.push(violation('over-capacity', agentId, `two changes of load share ${where}`));
      else if (load.unitsBefore !== (before?.units ?? 0))
        violations.push(
          violation('over-capacity', agentId, `begins at ${load.unitsBefore} units, but ${before?.units ?? 0} were held: ${where}`),
        );
      if (['offered', 'assigned'].includes(load.cause) && load.units > load.unitsMax)
        violations.push(violation('over-capacity', agentId, `${load.cause} ${load.units} of at most ${load.unitsMax} units: ${where}`));
      before = load;
    }
    return violations;
  });
}

/** Which value of these events may occur once only, on the whole topic. */
const ONCE: readonly { types: readonly string[]; what: string; of: (event: SeenEvent) => unknown }[] = [
  { types: ['TicketReceived'], what: 'ticket received', of: (event) => event.subject },
  {
    types: ['TicketReceived'],
    what: 'submission',
    of: (event) => (event.data['fields'] as Record<string, string> | undefined)?.['submission'],
  },
  { types: ['MessageReceived'], what: 'message received', of: (event) => event.data['messageId'] },
  { types: ['MessageDelivered'], what: 'message delivered', of: (event) => event.data['messageId'] },
  { types: ['ReplyReleased', 'AnswerReleased'], what: 'message released', of: (event) => event.data['messageId'] },
  { types: ['AnswerProposed', 'NoAnswer'], what: `verdict on ${KnowledgeBaseTopic.name}`, of: (event) => event.subject },
  { types: ['OfferMade'], what: 'offer for proposal', of: (event) => event.data['proposalId'] },
  { types: ['TicketAssigned'], what: 'assignment for proposal', of: (event) => event.data['proposalId'] },
  { types: ['OfferDeclined', 'OfferExpired', 'OfferRescinded'], what: 'end of offer', of: (event) => event.data['offerId'] },
];

function effectsOf(facts: Facts, events: readonly SeenEvent[], assignment: ReadonlyMap<string, SeenEvent[]>): Violation[] {
  const told = facts.submissions
    .filter(({ ticketIds }) => new Set(ticketIds).size > 1)
    .map(({ key, ticketIds }) => violation('effect-twice', key, `its sender was told ${[...new Set(ticketIds)].join(' and ')}`));
  const repeated = ONCE.flatMap(({ types, what, of }) => {
    const groups = groupBy(
      events.filter((event) => types.includes(event.type)),
      (event) => of(event) as string | undefined,
    );
    return [...groups]
      .filter(([, group]) => group.length > 1)
      .map(([value, group]) => violation('effect-twice', value, `${what}: ${group.length} times, ${group.map(placeOf).join(', ')}`));
  });
  const solvedTwice = [...assignment].flatMap(([ticketId, story]) => {
    const ends = story.filter((event) => event.type === 'TicketSolved' || event.type === 'TicketReopened');
    return ends
      .filter((event, index) => event.type === 'TicketSolved' && ends[index - 1]?.type === 'TicketSolved')
      .map((event) => violation('effect-twice', ticketId, `solved again without a reopening, ${placeOf(event)}`));
  });
  return [...told, ...repeated, ...solvedTwice];
}
