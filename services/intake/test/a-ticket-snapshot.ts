import type { TicketSnapshot } from '@signalbox/contracts';

const NINE = '2026-11-24T09:00:00.000Z';

export const aTicketSnapshot = (more: Partial<TicketSnapshot> = {}): TicketSnapshot => ({
  status: 'open',
  agentId: 'ana',
  offer: null,
  epoch: 1,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: NINE,
  relaxFrom: NINE,
  excludedAgentIds: [],
  ...more,
});
