import {
  AgentState,
  ClocksChanged,
  ConfigBundle,
  ConfigRecord,
  NoAnswer,
  TicketEnriched,
  TicketReceived,
  type AgentState as AgentStateEvent,
  type Draft,
  type Priority,
  type TicketSnapshot,
} from '@signalbox/contracts';

const AT = '2026-11-24T09:00:00Z';
const fact = <T>(value: T) => ({ value, confidence: 0.9, source: 'test' });

/**
 * A small company: two queues, a billing and a technical category, one policy.
 * @param domains of its queues
 * @param accountants configured agents; without any no skill counts as unknown
 */
export function configuration(
  policy: Record<string, unknown> = {},
  bundle = 1,
  domains: { billing?: string; general?: string } = {},
  accountants: readonly string[] = [],
): Draft[] {
  const units = { web: 1, email: 1, chat: 2, social: 1 };
  const automatic = { mode: 'automatic' };
  const offers = { web: automatic, email: automatic, chat: { mode: 'ask', seconds: 20 }, social: automatic };
  const records: [string, string, unknown][] = [
    [
      'company',
      'main',
      { title: 'Test', timeZone: 'Europe/Berlin', defaultLanguage: 'en', defaultQueue: 'general', supportAddress: 'help@example.com' },
    ],
    ['queue', 'billing', { title: 'Billing', units, offers, domain: domains.billing }],
    ['queue', 'general', { title: 'General', units, offers, domain: domains.general }],
    ['category', 'billing-dispute', { title: 'Dispute', queue: 'billing', requiredSkills: { accounting: 3 }, raiseLevelFromComplexity: 4 }],
    ['category', 'technical-problem', { title: 'Technical', queue: 'general', requiredSkills: { technical: 2 } }],
    [
      'routing-policy',
      'standard',
      {
        weights: { standard: { skill: 1, language: 0.4, workload: 0.6, idle: 0.3, speed: 0.5, satisfaction: 0.6 } },
        relaxation: [{ afterSeconds: 3600, lowerSkillsBy: 1 }],
        maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 },
        answerWaitMs: 60_000,
        enrichmentWaitMs: 60_000,
        ...policy,
      },
    ],
    ...accountants.map((name): [string, string, unknown] => {
      const abilities = { skills: { accounting: 3 }, languages: { en: 5 }, queues: ['billing', 'general'], unitsMax: 6 };
      return ['agent', name, { name, email: `${name}@example.com`, ...abilities }];
    }),
  ];
  return [
    ...records.map(([kind, name, content]) =>
      ConfigRecord(`${kind}/${name}@${bundle}`, { kind, name, recordVersion: bundle, content: content as never }),
    ),
    ConfigBundle('bundle', { bundle, members: records.map(([kind, name]) => `${kind}/${name}@${bundle}`), appliedAt: AT }),
  ];
}

let numbers = 0;
export function received(ticketId: string, fields: { channel?: 'web' | 'chat' } = {}): TicketReceived {
  numbers += 1;
  return TicketReceived(ticketId, {
    number: numbers,
    messageId: `m-${ticketId}`,
    channel: fields.channel ?? 'web',
    door: 'http',
    channelAccount: 'web',
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    subject: 's',
    text: 't',
    attachments: [],
    receivedAt: new Date().toISOString(),
  });
}
export function enriched(
  ticketId: string,
  fields: { category?: string | null; priority?: Priority; language?: string; complexity?: number } = {},
): TicketEnriched {
  return TicketEnriched(ticketId, {
    category: fact(fields.category === undefined ? 'billing-dispute' : fields.category),
    complexity: fact(fields.complexity ?? 2),
    priority: fact(fields.priority ?? 'normal'),
    language: fact(fields.language ?? 'en'),
    sentiment: fact(0),
    wantsHuman: fact(false),
    customer: { customerId: 'customer-1', ticketsTotal: 0, ticketsLast30Days: 0, recentAgentIds: [] },
    missing: [],
    enrichedAt: AT,
  });
}
export const noAnswer = (ticketId: string): NoAnswer =>
  NoAnswer(ticketId, { reason: 'nothing-found', bestConfidence: 0, threshold: 1, suggestions: [], decidedAt: AT });

/** A ticket that everybody has said everything about. */
export const ready = (ticketId: string, fields: Parameters<typeof enriched>[1] = {}): Draft[] => [
  received(ticketId),
  enriched(ticketId, fields),
  noAnswer(ticketId),
];

/** A first response that is due then: still, missed, or missed and done. */
export const clocks = (ticketId: string, status: 'running' | 'breached' | 'met-late', dueAt: string) =>
  ClocksChanged(ticketId, {
    policy: { name: 'standard', version: 1 },
    calendar: { name: 'office', version: 1 },
    clocks: [
      {
        target: 'firstResponse',
        instance: 1,
        status,
        startedAt: '2026-11-24T09:00:00.000Z',
        dueAt,
        breachedAt: status === 'running' ? null : dueAt,
        stoppedAt: status === 'met-late' ? '2026-11-24T11:00:00.000Z' : null,
        targetMinutes: 60,
      },
    ],
  });

export const hold = (ticketId: string) => ({ ticketId, units: 1, channel: 'web' as const, state: 'assigned' as const, dueAt: null });

export function agent(agentId: string, fields: Partial<AgentStateEvent['data']> = {}): AgentStateEvent {
  return AgentState(agentId, {
    agentVersion: 1,
    presence: 'online',
    inRotation: true,
    skills: { accounting: 3, technical: 3 },
    languages: { en: 5 },
    queueIds: ['billing', 'general'],
    unitsMax: 6,
    channelUnitsMax: {},
    unitsUsed: 0,
    holds: [],
    shiftEndsAt: null,
    idleSince: null,
    ...fields,
  });
}

export function snapshot(fields: Partial<TicketSnapshot> = {}): TicketSnapshot {
  return {
    status: 'new',
    agentId: null,
    offer: null,
    epoch: 1,
    priorityOverride: null,
    queueOverride: null,
    extraSkills: {},
    firstQueuedAt: AT,
    relaxFrom: AT,
    excludedAgentIds: [],
    ...fields,
  };
}
