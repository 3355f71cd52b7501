import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import {
  AgentId,
  AgentRole,
  ArticleId,
  CategoryId,
  Channel,
  Instant,
  LanguageTag,
  Priority,
  QueueId,
  Share,
  SkillId,
  SkillLevel,
  Target,
  Units,
} from './fields.js';

/** All configuration. Records never change; one bundle names the versions that are active together. */
export const ConfigTopic = topic('signalbox.config', { writer: 'console', compacted: true, says: 'all configuration, versioned' });

/** Keyed `kind/name@version`; immutable. */
export const ConfigRecord = event(ConfigTopic, 'ConfigRecord', by.key, {
  kind: z.string().max(40),
  name: z.string().max(120),
  recordVersion: z.int().min(1),
  content: z.unknown(),
});
export type ConfigRecord = EventOf<typeof ConfigRecord>;

/** The key of the one bundle record. */
export const BUNDLE_KEY = 'bundle';
/** One apply is one bundle: readers switch whole, once every member has arrived. `members` are keys `kind/name@version`. */
export const ConfigBundle = event(ConfigTopic, 'ConfigBundle', by.key, {
  bundle: z.int().min(1),
  members: z.array(z.string().max(200)).max(20_000),
  appliedAt: Instant,
});
export type ConfigBundle = EventOf<typeof ConfigBundle>;

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, {
  error: "a time of day such as '09:30', at most '24:00'",
  // Two that are none have no order: nothing is said of an interval then.
  abort: true,
});
const interval = z
  .tuple([time, time], { error: `an interval such as ["09:00","18:00"]` })
  .refine(([from, to]) => from < to, 'an interval must end after it begins');
const hours = z.array(interval, { error: `a list of intervals such as [["09:00","18:00"]]` }).max(10);
const date = z.iso.date({ error: "a date that exists, such as '2026-12-25'" });
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
export const timeZone = z.string().refine((zone) => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}, 'an IANA time zone such as Europe/Berlin');

export const Week = z.partialRecord(weekday, hours, {
  error: ({ code }) => (code === 'invalid_type' ? `an object such as {"mon": [["09:00","18:00"]]}` : undefined),
});

const openingHours = {
  week: Week,
  holidays: z.array(date).max(1000).default([]),
  extraOpen: z.record(date, hours).default({}),
};
/** Opening hours of a contract. `extraOpen` gives that date's whole hours, in place of its weekday's and of a holiday. */
export const Calendar = z.strictObject({
  timeZone,
  ...openingHours,
  /** From a date on (its midnight in the zone) these hours hold, in place of all that is said above and of earlier changes. */
  changes: z
    .array(z.strictObject({ from: date, ...openingHours }))
    .max(50)
    .refine((changes) => changes.every(({ from }, index) => index === 0 || changes[index - 1]!.from < from), 'in the order of their dates')
    .optional(),
  /** Where the holidays were taken from. For people: nothing is computed from it, only dates that are written here count. */
  holidaySources: z.array(z.string().max(200)).max(20).optional(),
});
export type Calendar = z.infer<typeof Calendar>;

const minutesByPriority = z.partialRecord(Priority, z.number().positive());
const escalationActions = z.strictObject({
  /** `owner`, `role:supervisor`, `agent:ID`, `mail:ADDRESS` or `webhook:NAME` (one of the company's). */
  notify: z.array(z.string().max(200)).max(20).default([]),
  raisePriorityTo: Priority.optional(),
  /** A support tier is a skill with a level, too. */
  addSkills: z.record(SkillId, SkillLevel).optional(),
  /** Back to its queue, away from its owner. */
  requeue: z.boolean().optional(),
  /** Routing looks for somebody who can begin it before its owner; the owner keeps it until they have accepted. */
  offerRescue: z.boolean().optional(),
  /** Given to somebody of this role who has room; where nobody has, to the company's `supervisorQueue`. */
  reassignToRole: AgentRole.optional(),
});
const onCount = escalationActions.extend({ atLeast: z.int().min(1).max(100) });

export const SlaPolicy = z.strictObject({
  calendar: z.string(),
  hours: z.enum(['business', 'calendar']),
  targets: z.strictObject({
    firstResponse: minutesByPriority.optional(),
    nextReply: minutesByPriority.optional(),
    periodicUpdate: minutesByPriority.optional(),
    resolution: minutesByPriority.optional(),
    internal: minutesByPriority.optional(),
  }),
  resolution: z.enum(['first', 'total']).default('total'),
  pauseOn: z.array(z.enum(['pending', 'on-hold'])).default(['pending', 'on-hold']),
  pauseMinutesMax: z.number().positive().nullable().default(null),
  /**
   * The tickets this policy is for: all that is listed must fit, an empty list fits any. Of those that fit, the one with the most lists holds,
   * and of equals the first by name; the policy named `standard` is for everybody else.
   */
  tiers: z.array(z.string()).default([]),
  channels: z.array(Channel).optional(),
  categories: z.array(CategoryId).max(200).optional(),
  warnAtShares: z.array(Share).max(5).default([0.8]),
  /** Counted minutes that are left. */
  warnAtMinutesLeft: z.array(z.number().positive()).max(5).optional(),
  /** Counted from the due instant of the target's clock (resolution, unless said); negative = before. */
  levels: z
    .array(escalationActions.extend({ offsetMinutes: z.number(), target: Target.optional() }))
    .max(10)
    .default([]),
  onComplexity: escalationActions.extend({ atLeast: z.int().min(1).max(5) }).optional(),
  /** Whatever the clock says: a ticket of this priority nobody has accepted for so long. */
  onUnaccepted: escalationActions.extend({ priorities: z.array(Priority).min(1), minutes: z.number().positive() }).optional(),
  /** Offers of the ticket that agents have declined, and times it was reopened, in its whole life. */
  onDeclines: onCount.optional(),
  onReopenings: onCount.optional(),
  /** Of the customer's words: -1 is furious, 1 delighted. */
  onSentiment: escalationActions.extend({ atMost: z.number().min(-1).max(1) }).optional(),
  /** The moment assignment reminds a silent owner (the queue's `ownerSilentMinutes`). */
  onOwnerSilent: escalationActions.optional(),
  /** Nobody is notified between these times of day, unless the ticket's priority is excepted; it is sent when they end, if still due. */
  quietHours: z
    .strictObject({ timeZone, from: time, to: time, exceptPriorities: z.array(Priority).default(['urgent']) })
    .refine(({ from, to }) => from !== to, { error: 'must differ from `from`', path: ['to'] })
    .optional(),
  /** Told in place of recipients of whom nobody can be found at that moment. */
  notifyFallback: z.array(z.string().max(200)).max(20).optional(),
});
export type SlaPolicy = z.infer<typeof SlaPolicy>;

/** Whom a policy's word means. */
export type NotifyWord =
  | { readonly kind: 'owner' }
  | { readonly kind: 'role'; readonly role: AgentRole }
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'mail'; readonly address: string }
  | { readonly kind: 'webhook'; readonly name: string };
const NOTIFY_FORMS = `owner, ${AgentRole.options.map((role) => `role:${role}`).join(', ')}, agent:ID, mail:ADDRESS, webhook:NAME`;
/** Undefined: nobody understands it, as in a policy that was stored before such words were refused. */
export function readNotifyWord(word: string): NotifyWord | undefined {
  if (word === 'owner') return { kind: 'owner' };
  const [, kind, rest = ''] = /^(role|agent|mail|webhook):(.+)$/.exec(word) ?? [];
  if (kind === 'role') {
    const role = AgentRole.safeParse(rest);
    return role.success ? { kind, role: role.data } : undefined;
  }
  if (kind === 'agent') return AgentId.safeParse(rest).success ? { kind, agentId: rest } : undefined;
  if (kind === 'mail') return z.email().safeParse(rest).success ? { kind, address: rest } : undefined;
  return kind === 'webhook' ? { kind, name: rest } : undefined;
}

type Path = (string | number)[];
/** Everything an SLA policy may do of its own accord, with its place. */
function actionsIn(policy: z.input<typeof SlaPolicy>) {
  const { levels = [], onComplexity, onUnaccepted, onDeclines, onReopenings, onSentiment, onOwnerSilent } = policy;
  const ruled = Object.entries({ onComplexity, onUnaccepted, onDeclines, onReopenings, onSentiment, onOwnerSilent });
  return [
    ...levels.map((actions, index) => ({ actions, path: ['levels', index] as Path })),
    ...ruled.flatMap(([name, actions]) => (actions ? [{ actions, path: [name] as Path }] : [])),
  ];
}
function notifyWordsIn(policy: z.input<typeof SlaPolicy>) {
  const lists = actionsIn(policy).map(({ actions, path }) => ({ words: actions.notify ?? [], path: [...path, 'notify'] }));
  return [...lists, { words: policy.notifyFallback ?? [], path: ['notifyFallback'] }].flatMap(({ words, path }) =>
    words.map((word, index) => ({ word, path: [...path, index] })),
  );
}

/**
 * What an SLA policy says that nobody could follow. Told only of what is newly written, or a policy that is stored already could not be
 * read any more.
 */
export function unfollowableIn(written: z.input<typeof SlaPolicy>): { path: Path; message: string }[] {
  const unknown = notifyWordsIn(written)
    .filter(({ word }) => readNotifyWord(word) === undefined)
    .map(({ word, path }) => ({ path, message: `'${word}' is nobody who could be notified; allowed: ${NOTIFY_FORMS}` }));
  const contradictions = actionsIn(written)
    .filter(({ actions }) => actions.requeue === true && actions.reassignToRole !== undefined)
    .map(({ path }) => ({
      path: [...path, 'requeue'],
      message: "contradicts 'reassignToRole': a ticket goes back to its queue or to somebody; allowed: one of the two",
    }));
  const { from, to } = written.quietHours ?? {};
  const never = from === '00:00' && to === '24:00';
  const quiet = never ? [{ path: ['quietHours', 'to'], message: 'makes the whole day quiet: nobody would ever be notified' }] : [];
  return [...unknown, ...contradictions, ...quiet];
}

/** Every name of other configuration that an SLA policy uses, and its place. */
export function namesInSlaPolicy(policy: SlaPolicy): NameUsed[] {
  const categories = policy.categories ?? [];
  return [
    { kind: 'calendar', name: policy.calendar, path: ['calendar'] },
    ...categories.map((name, index): NameUsed => ({ kind: 'category', name, path: ['categories', index] })),
    ...notifyWordsIn(policy).flatMap(({ word, path }): NameUsed[] => {
      const read = readNotifyWord(word);
      if (read?.kind === 'agent') return [{ kind: 'agent', name: read.agentId, path }];
      return read?.kind === 'webhook' ? [{ kind: 'webhook', name: read.name, path }] : [];
    }),
  ];
}
type NameUsed = { kind: 'calendar' | 'category' | 'agent' | 'webhook'; name: string; path: Path };

export const AgentConfig = z.strictObject({
  name: z.string().min(1).max(120),
  email: z.email(),
  role: AgentRole.default('agent'),
  team: z.string().max(80).optional(),
  skills: z.record(SkillId, SkillLevel).default({}),
  languages: z.record(LanguageTag, SkillLevel).default({}),
  queues: z.array(QueueId).default([]),
  unitsMax: Units.default(0),
  channelUnitsMax: z.partialRecord(Channel, Units).default({}),
  /** A second pool, for tickets of channels that their queue calls interruptible. Absent: all tickets share `unitsMax`. */
  interruptibleUnitsMax: Units.optional(),
  /** Also the hours in which an owner's silence counts. */
  shift: z.strictObject({ timeZone, week: Week }).optional(),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

const offerMode = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('ask'),
    seconds: z.number().min(5).max(900),
    /** The agent's console must have confirmed the offer by then, else it is rescinded. Absent: no confirmation is needed. */
    acknowledgeSeconds: z.number().min(1).max(300).optional(),
    /** Offers of one ticket that may end without an owner; then it goes to the company's `supervisorQueue`. Absent = any number. */
    attemptsMax: z.int().min(1).max(50).optional(),
  }),
  z.strictObject({ mode: z.literal('automatic') }),
]);

/** Queues and agents that may meet. Each has rounds of its own, so that a large company's can be decided side by side. */
const MatchingDomain = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, "letters, digits, '.', '_' and '-', at most 60 characters");
export const DEFAULT_DOMAIN = 'default';
/** Every look at what is due asks once per domain, and each records for itself what was learned. */
export const DOMAINS_MAX = 20;

export const QueueConfig = z
  .strictObject({
    title: z.string().min(1).max(120),
    /** Absent = `default`. An agent's queues are all of one domain. */
    domain: MatchingDomain.optional(),
    /** Capacity units a ticket takes, by channel. */
    units: z.record(Channel, Units),
    offers: z.record(Channel, offerMode),
    /** Offers an agent may let expire in a row before going out of rotation. */
    expiredOffersMax: z.int().min(1).max(20).default(3),
    /** Units a ticket takes beside its channel's, from that complexity on: `{ 4: 1, 5: 2 }`. See `unitsOf`. */
    unitsByComplexity: z.partialRecord(z.enum(['1', '2', '3', '4', '5']), Units).optional(),
    /** Channels whose tickets can wait while something more urgent comes in: they fill an agent's interruptible pool. */
    interruptible: z.array(Channel).max(4).optional(),
    /** So long a solved ticket keeps its units, unless the agent ends it earlier. Absent = 0. */
    wrapUpSeconds: z.partialRecord(Channel, z.number().min(0).max(3600)).optional(),
    /** After so many minutes of the owner's shift without a reply, OwnerSilent is said; after the second figure the ticket is released. */
    ownerSilentMinutes: z.number().positive().max(100_000).optional(),
    ownerSilentReleaseMinutes: z.number().positive().max(100_000).optional(),
    /** What becomes of an owner's open tickets when they have been offline beyond the grace; a kept one goes back when its customer writes. Absent = release. */
    whenOffline: z.partialRecord(Channel, z.enum(['release', 'keep'])).optional(),
    /** What becomes of an owner's open tickets when their shift is over. Absent = keep. */
    atShiftEnd: z.partialRecord(Channel, z.enum(['keep', 'release', 'hand-over'])).optional(),
  })
  .refine(({ ownerSilentMinutes = 0, ownerSilentReleaseMinutes = Infinity }) => ownerSilentReleaseMinutes > ownerSilentMinutes, {
    error: 'must be more than ownerSilentMinutes',
    path: ['ownerSilentReleaseMinutes'],
  });
export type QueueConfig = z.infer<typeof QueueConfig>;

/**
 * Capacity units a ticket takes: its channel's, and what the highest step of `unitsByComplexity` not above its complexity adds.
 * Routing counts with it and assignment grants by it, so it lives with the configuration it reads.
 */
export function unitsOf(queue: QueueConfig, channel: Channel, complexity: number | null): number {
  let added = 0;
  let step = 0;
  for (const [from, units] of Object.entries(queue.unitsByComplexity ?? {})) {
    if (Number(from) <= step || Number(from) > (complexity ?? 0)) continue;
    step = Number(from);
    added = units;
  }
  return queue.units[channel] + added;
}

export const CategoryConfig = z.strictObject({
  title: z.string().min(1).max(120),
  queue: QueueId,
  requiredSkills: z.record(SkillId, SkillLevel).default({}),
  preferredSkills: z.record(SkillId, SkillLevel).default({}),
  /** From this complexity on, every required level is one higher (at most 5). */
  raiseLevelFromComplexity: z.int().min(1).max(5).optional(),
  /** Below this, the knowledge base proposes no answer in this category. 1 = never. */
  answerThreshold: Share.default(1),
});
export type CategoryConfig = z.infer<typeof CategoryConfig>;

export const SignalName = z.enum([
  'skill',
  'language',
  'workload',
  'idle',
  'speed',
  'satisfaction',
  'familiarity',
  'slaSlack',
  'slaPressure',
  'rotation',
  'resolution',
]);
export type SignalName = z.infer<typeof SignalName>;

/** Ways to choose that need no weights of their own: each is one signal. */
export const STRATEGIES = {
  'longest-idle': { idle: 1 },
  'least-loaded': { workload: 1 },
  'round-robin': { rotation: 1 },
  'best-skill': { skill: 1 },
} as const satisfies Record<string, Partial<Record<SignalName, number>>>;
const STRATEGY_NAMES = Object.keys(STRATEGIES);

const routingRule = z.strictObject({
  when: z.strictObject({
    priority: z.array(Priority).optional(),
    tier: z.array(z.string()).optional(),
    category: z.array(CategoryId).optional(),
    queue: z.array(QueueId).optional(),
    channel: z.array(Channel).optional(),
  }),
  /** A set of weights, or a strategy. */
  use: z.string(),
});
const relaxationStep = z.strictObject({
  afterSeconds: z.number().min(0),
  lowerSkillsBy: z.int().min(0).max(5).default(0),
  lowerLanguageBy: z.int().min(0).max(5).default(0),
  anyQueue: z.boolean().default(false),
  /** Comes at once when of those who meet the requirements before it nobody is staffed (online or away), or nobody is online. */
  skipIf: z.enum(['nobody-staffed', 'nobody-online']).default('nobody-staffed'),
  /** From this step on the ticket stands so many priorities higher in the order of its round. */
  priorityDelta: z.int().min(0).max(3).default(0),
});
/** So large a share of a queue's tickets is given to an agent within so many minutes, counted over the last `overMinutes`. */
const serviceLevel = z
  .strictObject({
    share: z.number().positive().max(1),
    withinMinutes: z.number().positive().max(1_440),
    overMinutes: z.number().positive().max(1_440),
  })
  .refine(({ withinMinutes, overMinutes }) => overMinutes >= withinMinutes, {
    error: 'must be at least withinMinutes',
    path: ['overMinutes'],
  });
const learning = z.strictObject({
  /** Of what is not yet known of an agent, so much is tried out (share of a standard deviation); less as a deadline comes near. */
  explorationShare: Share.default(0.2),
  /** Tickets decided without what was learned of single agents, so that the gain is measured. Chosen by ticketId, for ever. */
  holdoutShare: Share.default(0.05),
  /** Older tickets of a pair count less, so that about so many are remembered. */
  memoryTickets: z.number().min(5).max(100_000).default(100),
  /** A reopening counts against who solved the ticket for so many days; a later one says little (first-contact resolution is often counted over 7). */
  returnsWithinDays: z.number().min(1).max(90).default(7),
});

const asksResolution = ({ weights }: { weights: Record<string, Partial<Record<SignalName, number>>> }): boolean =>
  Object.values(weights).some((set) => (set.resolution ?? 0) > 0);

export const RoutingPolicy = z
  .strictObject({
    /** Named sets of weights; `standard` must be there. */
    weights: z
      .record(z.string(), z.partialRecord(SignalName, Share))
      .refine((sets) => 'standard' in sets, "a set of weights named 'standard' is required")
      .refine(
        (sets) => STRATEGY_NAMES.every((name) => !(name in sets)),
        `these names are strategies, not sets of weights: ${STRATEGY_NAMES.join(', ')}`,
      ),
    /** The first rule that fits chooses the weights; none: `standard`. */
    rules: z.array(routingRule).max(200).default([]),
    languageLevelMin: SkillLevel.default(3),
    /** For so long, counted from `relaxFrom`, only who solved this customer's last ticket may take it, while they are online. 0 = never. */
    stickySeconds: z.number().min(0).max(86_400).default(0),
    /** Counted from `relaxFrom`; each step keeps what the earlier ones gave up. */
    relaxation: z.array(relaxationStep).max(10).default([]),
    /**
     * Other queues' agents help out, as long as no ticket of theirs in the round has waited longer than `donorWaitMinutesMax` and their
     * service level holds.
     */
    overflow: z
      .array(
        z.strictObject({
          from: QueueId,
          to: z.array(QueueId).min(1).max(20),
          afterSeconds: z.number().min(0),
          donorWaitMinutesMax: z.number().positive(),
          donorServiceLevel: serviceLevel.optional(),
        }),
      )
      .max(100)
      .default([]),
    /** No agent is proposed more than so many tickets within the window. */
    fairness: z.strictObject({ windowMinutes: z.number().positive().max(1_440), ticketsMax: z.int().min(1) }).optional(),
    /** Where so few meet the requirements, nothing learned decides, only this strategy or set of weights. 0 = never. */
    smallPool: z.strictObject({ agentsMax: z.int().min(0).max(100).default(0), use: z.string().default('longest-idle') }).prefault({}),
    /**
     * A ticket is given only to an agent expected to begin it within so many minutes; for a better one who is busy now it may wait.
     * Needs the signal `resolution`. Null = who has room gets tickets at once.
     */
    startWithinMinutes: z.number().min(0).nullable().default(null),
    /**
     * An owner's open ticket whose deadline is so near is offered to somebody who can begin it before them; they keep it until the other one
     * has accepted. 0 = never.
     */
    rescueWithinMinutes: z.number().min(0).max(1_440).default(0),
    /** Nobody gets a ticket in the last minutes of their shift. */
    shiftEndMinutes: z.number().min(0).max(480).default(0),
    /** Routing waits so long for the knowledge base's verdict, from receipt. 0 for urgent tickets and "a person, please". */
    answerWaitMs: z.number().min(0).max(60_000).default(150),
    /** After this long without enrichment the ticket is decided with what is known. */
    enrichmentWaitMs: z.number().min(0).max(60_000).default(5_000),
    /** `protect`: tickets near breach go first, and an agent with such tickets of their own is given less. */
    agentSlaPressure: z.enum(['protect', 'ignore', 'boost']).default('protect'),
    /** A ticket is near breach when its deadline is at most so many minutes away. 0 = never. */
    nearBreachMinutes: z.number().min(0).max(1_440).default(15),
    maximumAgeMinutes: z.record(Priority, z.number().positive()),
    /** Observations a pair needs before it counts half; below it the agent's and the team's mean prevail. */
    shrinkageTickets: z.number().positive().default(8),
    learning: learning.prefault({}),
  })
  .check(({ value: policy, issues }) => {
    const known = [...Object.keys(policy.weights), ...STRATEGY_NAMES];
    const uses = policy.rules.map(({ use }, index) => ({ use, path: ['rules', index, 'use'] }));
    for (const { use, path } of [...uses, { use: policy.smallPool.use, path: ['smallPool', 'use'] }]) {
      if (known.includes(use)) continue;
      const message = `no set of weights and no strategy is named '${use}'; allowed: ${known.join(', ')}`;
      issues.push({ code: 'custom', input: use, path, message });
    }
    const gatePath = ['startWithinMinutes'];
    if (policy.startWithinMinutes !== null && !asksResolution(policy))
      issues.push({
        code: 'custom',
        input: policy.startWithinMinutes,
        path: gatePath,
        message: "needs a set of weights with the signal 'resolution': it says who is worth waiting for",
      });
  });
export type RoutingPolicy = z.infer<typeof RoutingPolicy>;

/**
 * What a policy says without effect. Told of what is written, for what is left unsaid is no mistake; and only of what is new, or a policy
 * that is stored already could not be read any more.
 */
export function inertIn(written: z.input<typeof RoutingPolicy>): { path: string[]; message: string }[] {
  if ((written.learning?.explorationShare ?? 0) === 0 || asksResolution(written)) return [];
  const message = "needs a set of weights with the signal 'resolution': only with it something is tried out; allowed without it: 0";
  return [{ path: ['learning', 'explorationShare'], message }];
}

/** Every name of other configuration that a policy uses, and its place. */
export function namesIn({ rules, overflow }: RoutingPolicy) {
  const kinds = ['category', 'queue'] as const;
  return [
    ...rules.flatMap(({ when }, rule) =>
      kinds.flatMap((kind) => (when[kind] ?? []).map((name, nth) => ({ kind, name, path: ['rules', rule, 'when', kind, nth] }))),
    ),
    ...overflow.flatMap(({ from, to }, rule) => [
      { kind: 'queue' as const, name: from, path: ['overflow', rule, 'from'] },
      ...to.map((name, nth) => ({ kind: 'queue' as const, name, path: ['overflow', rule, 'to', nth] })),
    ]),
  ];
}

const POLICY_IN_FORCE = 'standard';
/** Of all routing policies the one named `standard` is in force, else the first. Undefined = there is none. */
export const policyInForce = (names: readonly string[]): string | undefined =>
  names.includes(POLICY_IN_FORCE) ? POLICY_IN_FORCE : names[0];
/** Of all routing policies one is in force. Says of those that never could be, what is wrong with them. */
export function neverInForce(names: readonly string[]): { name: string; message: string }[] {
  if (names.length < 2) return [];
  const away = 'an active one is taken away in the same apply by remove: true';
  const message = names.includes(POLICY_IN_FORCE)
    ? `would never be in force: beside '${POLICY_IN_FORCE}' no other routing policy is; allowed: ${POLICY_IN_FORCE} alone (${away})`
    : `of ${names.length} routing policies one could be in force; allowed: one alone (${away})`;
  return names.filter((name) => name !== POLICY_IN_FORCE).map((name) => ({ name, message }));
}

/** Tickets to train the classifier from; large sets come in several records. */
export const LabelledTickets = z.strictObject({
  tickets: z
    .array(z.strictObject({ category: CategoryId, language: LanguageTag, subject: z.string().max(500), body: z.string().max(5000) }))
    .max(200),
});
export type LabelledTickets = z.infer<typeof LabelledTickets>;

export const ArticleConfig = z.strictObject({
  articleId: ArticleId,
  locale: LanguageTag,
  title: z.string().min(1).max(300),
  category: CategoryId.optional(),
  audience: z.enum(['public', 'agents']).default('public'),
  /** How customers ask for it. */
  questions: z.array(z.string().max(500)).max(50).default([]),
  text: z.string().min(1).max(20_000),
});
export type ArticleConfig = z.infer<typeof ArticleConfig>;

export const Company = z.strictObject({
  title: z.string().min(1).max(120),
  timeZone,
  defaultLanguage: LanguageTag,
  defaultQueue: QueueId,
  supportAddress: z.email(),
  /** A closed conversation: a reply within so many days reopens a solved ticket; later ones open a follow-up. */
  reopenDaysMax: z.number().min(0).default(14),
  /** An agent whose presence ran out keeps the tickets so long before they are released. */
  offlineGraceSeconds: z.number().min(0).default(60),
  /** What the console proposes when an offer is declined. `reassignable`: it says nothing against this agent later. */
  declineReasons: z
    .array(z.strictObject({ name: z.string().min(1).max(60), title: z.string().min(1).max(120), reassignable: z.boolean().default(false) }))
    .max(30)
    .default([]),
  /** An agent who declined for a reassignable reason, handed the ticket on, or did not get the offer, is not asked again for so long. */
  retryAgentSeconds: z.number().min(1).max(86_400).default(60),
  /** Where tickets go that were offered `attemptsMax` times in vain. */
  supervisorQueue: QueueId.optional(),
  /** So often agents may hand one ticket on; then only a supervisor may. */
  transfersMax: z.int().min(0).max(50).default(3),
  /** So long after the end of a shift its `atShiftEnd` takes effect. */
  shiftEndGraceMinutes: z.number().min(0).max(1_440).default(15),
  /** Where escalations may be posted to, by the name that policies use. */
  webhooks: z.record(z.string().regex(/^[A-Za-z0-9._-]{1,60}$/), z.strictObject({ url: z.url({ protocol: /^https?$/ }) })).optional(),
});
export type Company = z.infer<typeof Company>;

/** Every kind of configuration there is. */
export const configKinds = {
  company: Company,
  agent: AgentConfig,
  queue: QueueConfig,
  category: CategoryConfig,
  'routing-policy': RoutingPolicy,
  'sla-policy': SlaPolicy,
  calendar: Calendar,
  'labelled-tickets': LabelledTickets,
  article: ArticleConfig,
} as const;
export type ConfigKind = keyof typeof configKinds;
export type ConfigContent<K extends ConfigKind> = z.infer<(typeof configKinds)[K]>;
