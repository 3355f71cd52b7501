import {
  AnswerProposed,
  AssignmentProposed,
  ClocksChanged,
  MessageDelivered,
  MessageReceived,
  NoAnswer,
  OfferMade,
  ReplyReleased,
  TicketAssigned,
  TicketEnriched,
  TicketEscalated,
  TicketQueued,
  TicketReceived,
  TicketSolved,
  type Cause,
  type Draft,
  type TicketSnapshot,
} from '@signalbox/contracts';

export const nine = '2026-11-20T09:00:00.000Z';
const ten = '2026-11-20T10:00:00.000Z';

export const caused = (cause: string, draft: Draft): Draft => ({ ...draft, cause: { id: cause, correlationId: cause } satisfies Cause });

export const snapshot = (fields: Partial<TicketSnapshot> = {}): TicketSnapshot => ({
  status: 'open',
  agentId: null,
  offer: null,
  epoch: 1,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: nine,
  relaxFrom: nine,
  excludedAgentIds: [],
  ...fields,
});

const fact = <T>(value: T) => ({ value, confidence: 0.9, source: 'model' });

export interface TicketFields {
  readonly ticketId: string;
  readonly number: number;
  readonly subject?: string;
  readonly text?: string;
  readonly address?: string;
  readonly category?: string | null;
  readonly agentId?: string;
}

export const received = ({
  ticketId,
  number,
  subject = 'Charged twice',
  text = 'Please look at my invoice',
  address = 'ida@example.com',
}: TicketFields) =>
  TicketReceived(ticketId, {
    number,
    messageId: `${ticketId}-first`,
    channel: 'email',
    door: 'smtp',
    channelAccount: 'support@example.com',
    customer: { customerId: `customer of ${address}`, address, name: 'Ida Example' },
    subject,
    text,
    attachments: [
      {
        attachmentId: `${ticketId}-a`,
        filename: 'Rechnung für Ida.pdf',
        contentType: 'application/pdf',
        sizeBytes: 5,
        sha256: shaOf(number),
      },
    ],
    receivedAt: nine,
  });
export const shaOf = (number: number): string => number.toString(16).padStart(64, 'a');

export const enriched = ({ ticketId, category = 'refund', address = 'ida@example.com' }: TicketFields) =>
  TicketEnriched(ticketId, {
    category: fact(category),
    complexity: fact(2),
    priority: fact('high'),
    language: fact('en'),
    sentiment: fact(0),
    wantsHuman: fact(false),
    customer: { customerId: `customer of ${address}`, tier: 'vip', ticketsTotal: 1, ticketsLast30Days: 1, recentAgentIds: [] },
    missing: [],
    enrichedAt: nine,
  });

export const proposed = ({ ticketId, agentId = 'ana' }: TicketFields) =>
  AssignmentProposed(ticketId, {
    proposalId: `${ticketId}-p1`,
    agentId,
    epoch: 1,
    queueId: 'billing',
    units: 1,
    domain: 'default',
    round: 7,
    step: 0,
    policy: { name: 'standard', version: 1 },
    weights: 'urgent',
    top: [
      {
        agentId,
        score: 1.5,
        factors: [
          { signal: 'idle', value: 0.2, weight: 0.3, contribution: 0.06 },
          { signal: 'skill', value: 0.9, weight: 1, contribution: 0.9 },
          { signal: 'speed', value: 0.6, weight: 0.9, contribution: 0.54 },
        ],
      },
      { agentId: 'dora', score: 1.1, factors: [] },
    ],
    excluded: [{ reason: 'no room', agents: 2 }],
    unenriched: false,
    proposedAt: nine,
  });

export const offered = ({ ticketId, agentId = 'ana' }: TicketFields) => {
  const offer = { offerId: `${ticketId}-o1`, agentId, expiresAt: ten };
  return OfferMade(ticketId, { ticket: snapshot({ offer }), ...offer, proposalId: `${ticketId}-p1`, units: 1 });
};
export const assigned = ({ ticketId, agentId = 'ana' }: TicketFields) =>
  TicketAssigned(ticketId, {
    ticket: snapshot({ agentId }),
    agentId,
    proposalId: `${ticketId}-p1`,
    how: 'accepted',
    units: 1,
    assignedAt: ten,
  });
export const replied = ({ ticketId, agentId = 'ana' }: TicketFields) =>
  ReplyReleased(ticketId, {
    ticket: snapshot({ agentId }),
    messageId: `${ticketId}-reply`,
    agentId,
    text: 'The second charge is on its way back.',
  });
export const solved = ({ ticketId, agentId = 'ana' }: TicketFields) =>
  TicketSolved(ticketId, { ticket: snapshot({ status: 'solved' }), agentId, how: 'agent', assignedAt: ten, solvedAt: ten });

/** One ticket's whole life as its seven writers tell it. */
export function wholeStory(fields: TicketFields): Draft[] {
  const { ticketId } = fields;
  const clock = {
    target: 'firstResponse',
    instance: 1,
    status: 'running',
    startedAt: nine,
    dueAt: ten,
    targetMinutes: 60,
    breachedAt: null,
    stoppedAt: null,
  } as const;
  const clocks = { policy: { name: 'standard', version: 1 }, calendar: { name: 'office', version: 1 } };
  return [
    received(fields),
    enriched(fields),
    NoAnswer(ticketId, { reason: 'below-threshold', bestConfidence: 0.4, threshold: 0.8, suggestions: [], decidedAt: nine }),
    ClocksChanged(ticketId, { clocks: [clock], ...clocks }),
    TicketQueued(ticketId, { queueId: 'billing', step: 0, reasons: [{ reason: 'no room', agents: 3 }], queuedAt: nine }),
    proposed(fields),
    offered(fields),
    assigned(fields),
    TicketEscalated(ticketId, { level: 1, cause: 'due', explanation: 'one hour left', notify: [], escalatedAt: ten }),
    replied(fields),
    MessageDelivered(ticketId, { messageId: `${ticketId}-reply`, channel: 'email', attempts: 1, deliveredAt: ten }),
    ClocksChanged(ticketId, { clocks: [{ ...clock, status: 'met', stoppedAt: ten }], ...clocks }),
    MessageReceived(ticketId, {
      messageId: `${ticketId}-thanks`,
      channel: 'email',
      door: 'smtp',
      kind: 'human',
      customer: { customerId: 'customer of ida@example.com', address: 'ida@example.com' },
      text: 'Wunderbar, danke!',
      attachments: [],
      receivedAt: ten,
    }),
    solved(fields),
  ];
}

export const answerFound = (ticketId: string) =>
  AnswerProposed(ticketId, {
    answer: {
      articleId: 'refunds',
      revision: 1,
      locale: 'en',
      title: 'Refunds',
      confidence: 0.95,
      text: 'Within 30 days.',
      feedbackToken: 'secret-token',
    },
    threshold: 0.8,
    suggestions: [],
    decidedAt: nine,
  });
