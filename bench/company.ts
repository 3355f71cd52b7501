import {
  AgentState,
  CategoryConfig,
  ConfigBundle,
  ConfigRecord,
  NoAnswer,
  RoutingPolicy,
  TicketEnriched,
  TicketReceived,
  type Draft,
  type Priority,
} from '@signalbox/contracts';
import type { ObservedCell } from '../services/routing/src/domain/learning.ts';
import type { CandidateAgent, WaitingTicket } from '../services/routing/src/domain/waiting-ticket.ts';

const CATEGORIES = 40;
const SKILLS = 12;
/** A larger company has more queues, not larger ones: about 200 and at most 300 agents can take a ticket, whatever its size. */
const AGENTS_PER_QUEUE_MAX = 550;
const POLICY = {
  weights: {
    standard: weights(1, 0.4, 0.6, 0.3, 0.5, 0.6, 0.4, 0.2, 0.4),
    urgent: weights(1, 0.3, 0.4, 0.1, 1, 0.3, 0.1, 0.8, 0.6),
  },
  rules: [{ when: { priority: ['urgent', 'high'] }, use: 'urgent' }],
  languageLevelMin: 3,
  relaxation: [{ afterSeconds: 3_600, lowerSkillsBy: 1 }],
  answerWaitMs: 60_000,
  enrichmentWaitMs: 60_000,
  maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 },
};

function weights(...each: number[]): Record<string, number> {
  const signals = ['skill', 'language', 'workload', 'idle', 'speed', 'satisfaction', 'familiarity', 'slaSlack', 'slaPressure'];
  return Object.fromEntries(signals.map((signal, nth) => [signal, each[nth]!]));
}

/** Numbers from 0 up to 1, the same ones each time (Tommy Ettinger's mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A made-up company, the same each time for the same size. */
export class Company {
  readonly policy = RoutingPolicy.parse(POLICY);
  readonly categories: ReadonlyMap<string, CategoryConfig>;
  readonly agents: readonly CandidateAgent[];
  readonly #queues: number;
  readonly #next: () => number;
  #tickets = 0;

  constructor(agents: number, unitsMax: number, seed = 1) {
    this.#next = numbersFrom(seed);
    this.#queues = Math.ceil(agents / AGENTS_PER_QUEUE_MAX);
    // As many in each queue, and there one for each skill: otherwise half of a large company would never be asked for anything.
    const categories = this.#queues * Math.max(SKILLS, Math.round(CATEGORIES / this.#queues));
    const skillOf = (nth: number): number => Math.floor(nth / this.#queues) % SKILLS;
    this.categories = new Map(
      Array.from({ length: categories }, (_, nth) => [
        categoryId(nth),
        CategoryConfig.parse({
          title: `Category ${nth}`,
          queue: `queue-${two(nth % this.#queues)}`,
          requiredSkills: { [`skill-${two(skillOf(nth))}`]: 2 + (nth % 2) },
          preferredSkills: { [`skill-${two((skillOf(nth) + 5) % SKILLS)}`]: 3 },
        }),
      ]),
    );
    this.agents = Array.from({ length: agents }, (_, nth) => this.#agent(nth, unitsMax));
  }

  #level(least: number): number {
    return least + Math.floor(this.#next() * (6 - least));
  }

  #agent(nth: number, unitsMax: number): CandidateAgent {
    const skills: Record<string, number> = {};
    for (let skill = 0; skill < SKILLS; skill += 1) if (this.#next() < 0.7) skills[`skill-${two(skill)}`] = this.#level(1);
    const languages: Record<string, number> = {};
    for (const [language, share] of Object.entries({ en: 0.9, de: 0.6, fr: 0.4 }))
      if (this.#next() < share) languages[language] = this.#level(3);
    return {
      agentId: `agent-${String(nth).padStart(5, '0')}`,
      agentVersion: 1,
      presence: 'online',
      inRotation: true,
      skills,
      languages,
      queueIds: [`queue-${two(nth % this.#queues)}`],
      unitsMax,
      channelUnitsMax: {},
      unitsUsed: 0,
      interruptibleUnitsMax: null,
      interruptibleUnitsUsed: 0,
      channelUnitsUsed: {},
      idleSince: null,
      lastAssignedAt: null,
      shiftEndsAt: null,
      work: [],
    };
  }

  /** What was seen of every agent in a third of the queue's categories. */
  observed(): ObservedCell[] {
    return this.agents.flatMap(({ agentId, queueIds }) =>
      [...this.categories].flatMap(([category, { queue }]) => {
        if (!queueIds.includes(queue) || this.#next() >= 0.33) return [];
        const tickets = 1 + Math.floor(this.#next() * 40);
        const rated = Math.floor(tickets / 4);
        return {
          agentId,
          category,
          tickets,
          logMinutesSum: tickets * (2 + this.#next()),
          minutesSum: tickets * 20,
          returned: Math.floor(tickets * 0.2 * this.#next()),
          rated,
          satisfied: Math.floor(rated * this.#next()),
        };
      }),
    );
  }

  /** The next ticket as a round sees it, ready at `now` (ms). */
  ticket(now: number): WaitingTicket {
    this.#tickets += 1;
    const category = categoryId(Math.floor(this.#next() * this.categories.size));
    return {
      ticketId: `ticket-${String(this.#tickets).padStart(7, '0')}`,
      category,
      complexity: this.#level(1),
      priority: this.#oneOf({ urgent: 0.02, high: 0.13, normal: 0.7, low: 0.15 }),
      language: this.#oneOf({ en: 0.6, de: 0.3, fr: 0.1 }),
      channel: 'web',
      tier: null,
      queueId: this.categories.get(category)!.queue,
      units: 1,
      epoch: 1,
      firstQueuedAt: now,
      relaxFrom: now,
      excludedAgentIds: [],
      extraSkills: {},
      recentAgentIds: this.#next() < 0.3 ? [this.agents[Math.floor(this.#next() * this.agents.length)]!.agentId] : [],
      dueAt: null,
      unenriched: false,
      interruptible: false,
      ownerAgentId: null,
    };
  }
  #oneOf<Name extends string>(shares: Record<Name, number>): Name {
    let left = this.#next();
    const all = Object.entries(shares) as [Name, number][];
    return (all.find(([, share]) => (left -= share) < 0) ?? all.at(-1)!)[0];
  }

  /** Whether the agent could ever take the ticket: its queue, its skills, its language. */
  fits({ category, queueId, language }: WaitingTicket, { queueIds, skills, languages }: CandidateAgent): boolean {
    const { requiredSkills } = this.categories.get(category!)!;
    return (
      queueIds.includes(queueId) &&
      Object.entries(requiredSkills).every(([skill, level]) => (skills[skill] ?? 0) >= level) &&
      (languages[language!] ?? 0) >= this.policy.languageLevelMin
    );
  }

  /** As the console publishes it. Agents only for who reads their configuration: a round knows them from their states. */
  configuration({ withAgents }: { withAgents: boolean }): Draft[] {
    const units = { web: 1, email: 1, chat: 2, social: 1 };
    const automatic = { mode: 'automatic' };
    const offers = { web: automatic, email: automatic, chat: automatic, social: automatic };
    const title = 'Benchmark';
    const company = { title, timeZone: 'UTC', defaultLanguage: 'en', defaultQueue: 'queue-00', supportAddress: 'help@example.com' };
    const records: [kind: string, name: string, content: object][] = [
      ['company', 'main', company],
      ...Array.from({ length: this.#queues }, (_, nth): [string, string, object] => [
        'queue',
        `queue-${two(nth)}`,
        { title, units, offers },
      ]),
      ...[...this.categories].map(([name, content]): [string, string, object] => ['category', name, content]),
      ['routing-policy', 'standard', POLICY],
      ...(withAgents ? this.agents : []).map(
        ({ agentId: name, skills, languages, queueIds: queues, unitsMax }): [string, string, object] => [
          'agent',
          name,
          { name, email: `${name}@example.com`, skills, languages, queues, unitsMax },
        ],
      ),
    ];
    return [
      ...records.map(([kind, name, content]) =>
        ConfigRecord(`${kind}/${name}@1`, { kind, name, recordVersion: 1, content: content as never }),
      ),
      ConfigBundle('bundle', {
        bundle: 1,
        members: records.map(([kind, name]) => `${kind}/${name}@1`),
        appliedAt: new Date().toISOString(),
      }),
    ];
  }
}
const categoryId = (nth: number): string => `category-${String(nth).padStart(3, '0')}`;
const two = (nth: number): string => String(nth).padStart(2, '0');

/** An agent's record as assignment publishes it. */
export function stateOf(agent: CandidateAgent, agentVersion: number, ticketIds: readonly string[]): AgentState {
  const { agentId, presence, inRotation, skills, languages, queueIds, unitsMax } = agent;
  return AgentState(agentId, {
    agentVersion,
    presence,
    inRotation,
    skills: { ...skills },
    languages: { ...languages },
    queueIds: [...queueIds],
    unitsMax,
    channelUnitsMax: {},
    unitsUsed: ticketIds.length,
    holds: ticketIds.map((ticketId) => ({ ticketId, units: 1, channel: 'web', state: 'assigned', dueAt: null })),
    shiftEndsAt: null,
    idleSince: null,
  });
}

/** All that is said of a ticket before it is decided: received, enriched, and no answer found. */
export function factsOf(ticket: WaitingTicket): [TicketReceived, TicketEnriched, NoAnswer] {
  const { ticketId, category, complexity, priority, language, recentAgentIds } = ticket;
  const at = new Date(ticket.firstQueuedAt).toISOString();
  const customerId = `customer-${ticketId}`;
  return [
    receivedOf(ticket),
    TicketEnriched(ticketId, {
      category: fact(category),
      complexity: fact(complexity),
      priority: fact<Priority>(priority),
      language: fact(language),
      sentiment: fact(0),
      wantsHuman: fact(false),
      customer: { customerId, ticketsTotal: 3, ticketsLast30Days: 1, recentAgentIds: [...recentAgentIds] },
      missing: [],
      enrichedAt: at,
    }),
    NoAnswer(ticketId, { reason: 'nothing-found', bestConfidence: 0, threshold: 1, suggestions: [], decidedAt: at }),
  ];
}
const fact = <T>(value: T) => ({ value, confidence: 0.9, source: 'bench' });

export const receivedOf = ({ ticketId, firstQueuedAt }: WaitingTicket): TicketReceived =>
  TicketReceived(ticketId, {
    number: Number(ticketId.slice('ticket-'.length)),
    messageId: `message-${ticketId}`,
    channel: 'web',
    door: 'http',
    channelAccount: 'web',
    customer: { customerId: `customer-${ticketId}`, address: 'ida@example.com' },
    subject: 'Where is my parcel?',
    text: 'x'.repeat(400),
    attachments: [],
    receivedAt: new Date(firstQueuedAt).toISOString(),
  });
