import {
  AgentsTopic,
  allTopics,
  AssignmentTopic,
  ConsoleTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  TicketsTopic,
  type AgentState,
  type LoadChange,
  type TicketSnapshot,
  type TicketState,
} from '@signalbox/contracts';
import type { Facts, HoldRow, SeenEvent, TicketRow } from './facts.ts';

export type ViolationKind =
  | 'lost'
  | 'unanswered-request'
  | 'two-owners'
  | 'no-owner'
  | 'handed-on-too-often'
  | 'over-capacity'
  | 'effect-twice'
  | 'version-gap'
  | 'disagreement'
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
    ...requests(facts, events),
    ...sendings(facts, events),
    ...positions(facts, events),
    ...histories(facts, events),
    ...[...assignment.values()].flatMap((story) => [...ownersOf(story), ...handOversOf(story, facts.transfersMax), ...wrapUpsOf(story)]),
    ...pulls(events),
    ...holdsOf(facts),
    ...loadsOf(facts, events),
    ...statesOf(facts, events, assignment),
    ...effectsOf(facts, events, assignment),
    ...clocksOf(events),
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

/** What the console says without wishing for anything. */
const REPORTS = ['PresenceReported', 'OfferDelivered'];
/** A request that was taken is on the topic; exactly one outcome follows. A reply may also solve or set aside: two events of different types, one outcome. */
function requests(facts: Facts, events: readonly SeenEvent[]): Violation[] {
  const outcomes = groupBy(
    events.filter((event) => event.topic === AssignmentTopic.name || ['NextAnswered', 'IdleExplained'].includes(event.type)),
    (event) => event.causationId,
  );
  const asked = events.filter((event) => event.topic === ConsoleTopic.name && !REPORTS.includes(event.type));
  const known = new Set(asked.map(({ id }) => id));
  const lost = facts.requests
    .filter((id) => !known.has(id))
    .map((id) => violation('lost', id, `an agent was told that this request was taken, but ${ConsoleTopic.name} does not know it`));
  const answered = asked.flatMap(({ id, type, subject }) => {
    const types = (outcomes.get(id) ?? []).map((event) => event.type);
    if (types.length === 0) return [violation('unanswered-request', id, `${type} about ${subject} has no outcome`)];
    const twice = new Set(types).size < types.length || (types.length > 1 && types.includes('RequestRefused'));
    return twice ? [violation('effect-twice', id, `${type} about ${subject} has more than one outcome: ${types.join(', ')}`)] : [];
  });
  return [...lost, ...answered];
}

/**
 * What was released was sent, and nothing else. A crash between sending and committing sends again under the same Message-ID, which a mail
 * program shows once; so the world outside is asked for identities, not for a count.
 */
function sendings({ mails }: Facts, events: readonly SeenEvent[]): Violation[] {
  const messageOf = (event: SeenEvent): string => event.data['messageId'] as string;
  const released = events.filter(({ type }) => type === 'ReplyReleased' || type === 'AnswerReleased');
  const delivered = events.filter(({ type }) => type === 'MessageDelivered');
  const releasedIds = new Set(released.map(messageOf));
  const deliveredIds = new Set(delivered.map(messageOf));
  const arrived = new Set(mails);
  const mailOf = (event: SeenEvent): string => event.data['providerMessageId'] as string;
  const known = new Set(delivered.map(mailOf));
  return [
    ...released
      .filter((event) => !deliveredIds.has(messageOf(event)))
      .map((event) => violation('lost', messageOf(event), `${event.type} ${placeOf(event)}, but nobody says that it was sent`)),
    ...delivered
      .filter((event) => !releasedIds.has(messageOf(event)))
      .map((event) => violation('disagreement', messageOf(event), `sent, ${placeOf(event)}, but nobody released it`)),
    ...(mails === undefined ? [] : delivered)
      .filter((event) => !arrived.has(mailOf(event)))
      .map((event) => violation('lost', messageOf(event), `sent as ${mailOf(event)}, ${placeOf(event)}, but it never arrived`)),
    ...[...arrived].filter((mail) => !known.has(mail)).map((mail) => violation('disagreement', mail, 'it arrived, but nobody sent it')),
  ];
}

/** Whatever a writer has numbered is on its topic, and every reader has applied all it has a handler for. */
function positions(facts: Facts, events: readonly SeenEvent[]): Violation[] {
  const writers = new Map(allTopics().map((topic) => [topic.name as string, topic.writer]));
  return facts.messaging.flatMap(({ service, handles, versions }) => {
    const owns = (topic: string): boolean => writers.get(topic) === service;
    const seen = new Map<string, { topic: string; version: number }>();
    for (const { topic, subject, type, version } of events) {
      if (!owns(topic) && !handles.includes(type)) continue;
      const key = `${topic} ${subject}`;
      if (version > (seen.get(key)?.version ?? 0)) seen.set(key, { topic, version });
    }
    const stored = new Map(
      versions
        .filter(({ topic }) => writers.get(topic) !== 'upstream')
        .map(({ topic, subject, version }) => [`${topic} ${subject}`, { topic, version }]),
    );
    return [...new Set([...seen.keys(), ...stored.keys()])].flatMap((key) => {
      const onTopic = seen.get(key)?.version ?? 0;
      const inDatabase = stored.get(key)?.version ?? 0;
      if (onTopic === inDatabase) return [];
      const own = owns((seen.get(key) ?? stored.get(key))!.topic);
      const kind = own === inDatabase > onTopic ? 'lost' : 'disagreement';
      const did = own ? 'has given version' : 'has applied version';
      return [violation(kind, key, `${service} ${did} ${inDatabase}, the topic goes to ${onTopic}`)];
    });
  });
}

/** About an agent, a queue or a bundle; or only the answer to whoever asked. */
const NO_HISTORY: ReadonlySet<string> = new Set(['NextAnswered', 'IdleExplained', 'QueueOutlook', 'ClocksRecomputed', 'ClocksExplained']);

/** The console keeps a line for every event it was told about a ticket, and about nothing else: none is missing in the middle either. */
function histories(facts: Facts, events: readonly SeenEvent[]): Violation[] {
  const handles = new Set(facts.messaging.find(({ service }) => service === 'console')?.handles);
  const told = new Map(
    events
      .filter(({ topic, type }) => topic !== AgentsTopic.name && !NO_HISTORY.has(type) && handles.has(type))
      .map((event) => [`${event.topic} ${event.subject} version ${event.version}`, event]),
  );
  const kept = new Set(facts.history.map(({ topic, ticketId, version }) => `${topic} ${ticketId} version ${version}`));
  return [
    ...[...told]
      .filter(([key]) => !kept.has(key))
      .map(([key, event]) => violation('lost', key, `${event.type} ${placeOf(event)} never reached the console's history`)),
    ...[...kept]
      .filter((key) => !told.has(key))
      .map((key) => violation('disagreement', key, "is in the console's history and on no topic")),
  ];
}

/**
 * Nobody is assigned, offered or answered automatically while a person owns the ticket or another offer stands. A rescue is offered beside
 * the owner. Who leaves a ticket says so before the next one gets it, though the event shows it as it stands afterwards.
 */
function ownersOf(story: readonly SeenEvent[]): Violation[] {
  const violations: Violation[] = [];
  let owner: string | null = null;
  let offered: string | null = null;
  for (const event of story) {
    const { status, agentId, offer } = snapshotOf(event);
    const next = ['open', 'pending', 'on-hold'].includes(status) ? agentId : null;
    const leaver = leaverOf(event);
    if (leaver !== undefined) {
      if (leaver !== owner)
        violations.push(violation('two-owners', event.subject, `${event.type} from ${leaver}, but ${owner} owns it, ${placeOf(event)}`));
      owner = null;
      offered = null;
      continue;
    }
    const rescue = event.type === 'OfferMade' && event.data['rescue'] === true && owner !== null && next === owner;
    const gives = ['TicketAssigned', 'OfferMade', 'AnswerReleased'].includes(event.type) && !rescue;
    const forced = event.type === 'TicketAssigned' && ['forced', 'escalated'].includes(event.data['how'] as string);
    const accepted = event.type === 'TicketAssigned' && event.data['how'] === 'accepted' && offered === event.data['agentId'];
    if (owner !== null && (gives || (next !== null && next !== owner)))
      violations.push(
        violation('two-owners', event.subject, `${event.type} to ${next ?? 'nobody'} while ${owner} owns it, ${placeOf(event)}`),
      );
    if (offered !== null && (gives || rescue) && !accepted && !forced)
      violations.push(violation('two-owners', event.subject, `${event.type} while it is offered to ${offered}, ${placeOf(event)}`));
    if (owner !== null && next === null && !['TicketSolved', 'TicketClosed', 'TicketMerged'].includes(event.type))
      violations.push(violation('no-owner', event.subject, `${owner} owned it, ${event.type} leaves it to nobody, ${placeOf(event)}`));
    owner = next;
    offered = offer?.agentId ?? null;
  }
  return violations;
}

/**
 * Who is taken from or hands over to a certain agent says so in one breath with the next one's event: nobody reads of a ticket that is no
 * one's in between. And what owners hand on they hand on so often at most.
 */
function handOversOf(story: readonly SeenEvent[], transfersMax: number): Violation[] {
  let transfers = 0;
  return story.flatMap((event, index) => {
    const { type, subject, data } = event;
    const violations: Violation[] = [];
    const { to, from, byAgentId } = data as { to?: { agentId?: string }; from?: { agentId: string | null }; byAgentId?: string };
    const why = data['why'] as string;
    // An escalation gives it to somebody, or back to its queue.
    const given = ['rescue', 'reassigned'].includes(why) || (why === 'escalation' && snapshotOf(event).agentId !== null);
    const reassigned = type === 'TicketReleased' && given;
    if (reassigned || (type === 'TicketTransferred' && to?.agentId !== undefined)) {
      const next = story[index + 1];
      const { agentId, offer } = snapshotOf(event);
      const heir = agentId ?? offer?.agentId;
      const follows = next && ['TicketAssigned', 'OfferMade'].includes(next.type) && next.causationId === event.causationId;
      if (!follows || heir === undefined || next.data['agentId'] !== heir)
        violations.push(violation('no-owner', subject, `${type} shows ${heir ?? 'nobody'}, then ${next?.type}, ${placeOf(event)}`));
    }
    if (type === 'TicketReopened') transfers = 0;
    if (type === 'TicketTransferred') {
      if (data['why'] === 'requested' && from?.agentId === byAgentId) transfers += 1;
      if (transfers > transfersMax || data['transfers'] !== transfers)
        violations.push(
          violation('handed-on-too-often', subject, `${transfers} of ${transfersMax}, it says ${data['transfers']}, ${placeOf(event)}`),
        );
    }
    if (type === 'RequestRefused' && data['why'] === 'transfers-exhausted' && transfers < transfersMax)
      violations.push(
        violation('disagreement', subject, `refused as handed on too often after ${transfers} of ${transfersMax}, ${placeOf(event)}`),
      );
    return violations;
  });
}

/** Time to wrap up ends, or the ticket is opened again; its units are free then. */
function wrapUpsOf(story: readonly SeenEvent[]): Violation[] {
  return story.flatMap((event, index) => {
    if (event.type !== 'TicketSolved' || event.data['wrapUpEndsAt'] === undefined) return [];
    const ended = story.slice(index + 1).some(({ type }) => ['WrapUpEnded', 'TicketReopened', 'TicketMerged'].includes(type));
    return ended ? [] : [violation('lost', event.subject, `the wrap-up after ${placeOf(event)} never ended`)];
  });
}

/** Who is said to have pulled a ticket has asked for one, and was told that it is this one. */
function pulls(events: readonly SeenEvent[]): Violation[] {
  const answers = new Set(
    events.flatMap(({ type, subject, data }) => (type === 'NextAnswered' ? [`${subject} ${data['proposalId']}`] : [])),
  );
  return events
    .filter(({ type, data }) => type === 'TicketAssigned' && data['how'] === 'pulled')
    .filter(({ data }) => !answers.has(`${data['agentId']} ${data['proposalId']}`))
    .map((event) => violation('disagreement', event.subject, `${event.data['agentId']} pulled it without having asked, ${placeOf(event)}`));
}

/** Whose ticket it no longer is; null for one that was nobody's; undefined when nobody leaves. */
function leaverOf({ type, data }: SeenEvent): string | null | undefined {
  if (type === 'TicketReleased') return data['agentId'] as string;
  return type === 'TicketTransferred' ? (data['from'] as { agentId: string | null }).agentId : undefined;
}

/** A hold belongs to the owner or to whom the ticket is offered, and there is one of each at most. Who wraps up owns nothing any more. */
function holdsOf({ tickets, holds }: Facts): Violation[] {
  const rows = new Map(tickets.map((row) => [row.ticketId, row]));
  const perTicket = groupBy(
    holds.filter((hold) => hold.state !== 'wrap-up'),
    (hold) => `${hold.ticketId} ${hold.state}`,
  );
  const wrong = [...perTicket.values()].flatMap((held) => {
    const [{ ticketId, state, agentId }] = held as [HoldRow];
    if (held.length > 1) return [violation('two-owners', ticketId, `units are held by ${held.map((hold) => hold.agentId).join(' and ')}`)];
    const row = rows.get(ticketId);
    const rightful = state === 'offered' ? row?.offerAgentId : row?.status === 'open' ? row.agentId : undefined;
    if (rightful === agentId) return [];
    const whose = rightful ?? `nobody's, ${row?.status}`;
    return [violation('two-owners', ticketId, `${agentId} holds units (${state}), the ticket is ${whose}`)];
  });
  const without = tickets.flatMap(({ ticketId, status, agentId, offerAgentId }) => {
    const owned = status === 'open' && agentId !== null && !perTicket.has(`${ticketId} assigned`) ? [agentId] : [];
    const asked = offerAgentId !== null && !perTicket.has(`${ticketId} offered`) ? [offerAgentId] : [];
    return [...owned, ...asked].map((who) => violation('two-owners', ticketId, `${who} has it without a hold`));
  });
  return [...wrong, ...without];
}

/** Each agent's load, in the order of agentVersion: every step begins where the last one ended, and only a person's word goes beyond the limit. */
function loadsOf(facts: Facts, events: readonly SeenEvent[]): Violation[] {
  const loads = events.flatMap((event) => {
    const load = event.data['load'] as LoadChange | undefined;
    return event.topic === AssignmentTopic.name && load ? [{ event, load }] : [];
  });
  const wrong = [...groupBy(loads, ({ load }) => load.agentId)].flatMap(([agentId, steps]) => {
    const violations: Violation[] = [];
    const limit = facts.unitsMax[agentId] ?? 0;
    let before: LoadChange | undefined;
    for (const { event, load } of steps.sort((a, b) => a.load.agentVersion - b.load.agentVersion)) {
      const where = `agentVersion ${load.agentVersion}, ${event.type} ${placeOf(event)}`;
      if (load.agentVersion === before?.agentVersion)
        violations.push(violation('over-capacity', agentId, `two changes of load share ${where}`));
      else if (load.unitsBefore !== (before?.units ?? 0))
        violations.push(
          violation('over-capacity', agentId, `begins at ${load.unitsBefore} units, but ${before?.units ?? 0} were held: ${where}`),
        );
      if (load.units > Math.max(limit, load.unitsBefore) && !isPersonsWord(event, load))
        violations.push(violation('over-capacity', agentId, `${load.cause} ${load.units} of at most ${limit} units: ${where}`));
      before = load;
    }
    return violations;
  });
  return [...wrong, ...balances(facts.holds, loads)];
}

/** Beyond the limit goes only work that comes back to whoever had it, and what a supervisor gives, knowing that and saying who and why. */
function isPersonsWord({ data }: SeenEvent, { cause }: LoadChange): boolean {
  if (cause === 'reopened') return true;
  return cause === 'forced' && data['overAssigned'] === true && Boolean(data['byAgentId']) && Boolean(data['reason']);
}

/** What an agent took for a ticket less what was given back is what is still held. */
function balances(holds: readonly HoldRow[], loads: readonly { event: SeenEvent; load: LoadChange }[]): Violation[] {
  const balance = new Map<string, number>();
  const add = (agentId: string, ticketId: string, units: number): void => {
    const key = `${agentId} ${ticketId}`;
    balance.set(key, (balance.get(key) ?? 0) + units);
  };
  for (const { event, load } of loads)
    for (const { units, unitsBefore } of [load, ...(load.interruptible ? [load.interruptible] : [])])
      add(load.agentId, event.subject, units - unitsBefore);
  for (const { agentId, ticketId, units } of holds) add(agentId, ticketId, -units);
  return [...balance]
    .filter(([, units]) => units !== 0)
    .map(([key, units]) =>
      violation('disagreement', key, `by the events ${Math.abs(units)} units ${units > 0 ? 'more' : 'less'} are held`),
    );
}

/** The newest word about a ticket or an agent is the same on every topic, in assignment's rows and in the console's. */
function statesOf(facts: Facts, events: readonly SeenEvent[], assignment: ReadonlyMap<string, SeenEvent[]>): Violation[] {
  const wordsOf = ({ status, agentId, offerAgentId }: Omit<TicketRow, 'ticketId'>): string =>
    `${status}, owner ${agentId ?? 'nobody'}, offered to ${offerAgentId ?? 'nobody'}`;
  const last = new Map(
    [...assignment].map(([ticketId, story]) => {
      const { status, agentId, offer } = snapshotOf(story.at(-1)!);
      return [ticketId, wordsOf({ status, agentId, offerAgentId: offer?.agentId ?? null })];
    }),
  );
  const compare = (place: string, rows: readonly TicketRow[]): Violation[] => {
    const words = new Map(rows.map((row) => [row.ticketId, wordsOf(row)]));
    return [...last].flatMap(([ticketId, told]) =>
      words.get(ticketId) === told ? [] : [violation('disagreement', ticketId, `${told}; ${place}: ${words.get(ticketId) ?? 'unknown'}`)],
    );
  };
  const newest = <State>(topic: string): Map<string, State> =>
    new Map(
      [...bySubject(events.filter((event) => event.topic === topic))].map(([subject, story]) => [subject, story.at(-1)!.data as State]),
    );
  const rows = new Map(facts.tickets.map((row) => [row.ticketId, row]));
  const published = [...newest<TicketState['data']>(TicketsTopic.name)].flatMap(([ticketId, { status, agentId }]) => {
    const row = rows.get(ticketId);
    if (row?.status === status && row.agentId === agentId) return [];
    return [
      violation(
        'disagreement',
        ticketId,
        `${status}, owner ${agentId ?? 'nobody'} on ${TicketsTopic.name}; ${row ? wordsOf(row) : 'no row'}`,
      ),
    ];
  });
  const heldBy = groupBy(facts.holds, (hold) => hold.agentId);
  const holdsOfState = (holds: readonly { ticketId: string; units: number; state: string }[]): string =>
    holds
      .map(({ ticketId, units, state }) => `${ticketId} ${units} ${state}`)
      .sort()
      .join(', ');
  const agents = [...newest<AgentState['data']>(AgentsTopic.name)].flatMap(([agentId, { holds }]) => {
    const [told, held] = [holdsOfState(holds), holdsOfState(heldBy.get(agentId) ?? [])];
    return told === held ? [] : [violation('disagreement', agentId, `holds '${told}' on ${AgentsTopic.name}, '${held}' in the database`)];
  });
  const console = facts.consoleTickets ? compare("the console's row", facts.consoleTickets) : [];
  return [...compare("assignment's row", facts.tickets), ...console, ...published, ...agents];
}

/** A ticket that goes on in another one owes nothing any more. */
function clocksOf(events: readonly SeenEvent[]): Violation[] {
  const merged = new Set(events.filter(({ type }) => type === 'TicketMerged').map(({ subject }) => subject));
  const last = bySubject(events.filter(({ type, subject }) => type === 'ClocksChanged' && merged.has(subject)));
  return [...last].flatMap(([ticketId, story]) => {
    const clocks = story.at(-1)!.data['clocks'] as readonly { target: string; status: string }[];
    const going = clocks.filter(({ status }) => status === 'running' || status === 'paused').map(({ target }) => target);
    return going.length === 0 ? [] : [violation('disagreement', ticketId, `merged, but its clocks go on: ${going.join(', ')}`)];
  });
}

/** Which clock of which ticket, and what of it. */
const clockOf = ({ subject, data }: SeenEvent, ...about: readonly string[]): string =>
  [subject, ...['target', 'instance', ...about].map((field) => data[field])].join(' ');

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
  { types: ['RoundRecorded'], what: 'round', of: (event) => `${event.subject} ${String(event.data['round'])}` },
  { types: ['SlaWarned'], what: 'warning', of: (event) => clockOf(event, 'dueAt', 'spentShare') },
  { types: ['SlaBreached'], what: 'breach', of: (event) => clockOf(event, 'dueAt') },
  { types: ['TicketEscalated'], what: 'level', of: (event) => clockOf(event, 'cause', 'level', 'escalatedAt') },
  { types: ['NotificationSent'], what: 'notification', of: (event) => event.data['notificationId'] },
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
