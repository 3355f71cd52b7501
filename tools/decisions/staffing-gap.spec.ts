import type { Received } from '@signalbox/contracts';
import { StaffingGatherer, wordsOf, type StaffingEvent } from './staffing-gap.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const versions = new Map<string, number>();
const event = (type: StaffingEvent['type'], ticketId: string, data: object): Received<StaffingEvent> => {
  versions.set(ticketId, (versions.get(ticketId) ?? 0) + 1);
  return { type, ticketId, data, version: versions.get(ticketId) } as unknown as Received<StaffingEvent>;
};
const queued = (ticketId: string, reasons: Record<string, number>, queueId = 'billing') =>
  event('TicketQueued', ticketId, {
    queueId,
    step: 0,
    queuedAt: '2026-11-24T11:00:00Z',
    reasons: Object.entries(reasons).map(([reason, agents]) => ({ reason, agents })),
  });
const state = (ticketId: string, fields: object = {}) =>
  event('TicketState', ticketId, { status: 'new', agentId: null, language: 'de', firstQueuedAt: '2026-11-24T10:00:00Z', ...fields });

it('counts waiting tickets by the skills and the language they wait for, those that nobody has first', () => {
  const gatherer = new StaffingGatherer();
  const events = [
    queued('full-1', { 'accounting below 3': 4, 'no room': 2 }),
    queued('full-2', { 'accounting below 3': 4, 'no room': 1, away: 3 }),
    queued('full-3', { 'accounting below 3': 4, offline: 1 }),
    state('full-3', { firstQueuedAt: '2026-11-24T09:30:00Z' }),
    queued('gap-1', {
      'not in queue billing': 7,
      'queue general keeps its agents: service level below 80 %': 5,
      'vat below 2': 3,
      'de below 3': 2,
    }),
    state('gap-1'),
    // Waits no more: proposed, owned, or solved since.
    queued('proposed', { 'vat below 2': 3 }),
    event('AssignmentProposed', 'proposed', {}),
    queued('owned', { 'vat below 2': 3 }),
    state('owned', { agentId: 'ana', status: 'open' }),
    queued('solved', { 'vat below 2': 3 }),
    state('solved', { status: 'solved' }),
    // Proposed and back again.
    event('AssignmentProposed', 'back', {}),
    queued('back', { 'no room': 9 }, 'general'),
  ];
  for (const one of [...events, ...events]) gatherer.take(one);
  expect(gatherer.report(NOW)).toEqual({
    at: NOW.toISOString(),
    waiting: 5,
    gaps: [
      {
        queueId: 'billing',
        skills: { vat: 2 },
        language: { tag: 'de', level: 3 },
        tickets: 1,
        waitingSince: '2026-11-24T10:00:00Z',
        agentsWhoFit: 0,
      },
      { queueId: 'billing', skills: { accounting: 3 }, language: null, tickets: 3, waitingSince: '2026-11-24T09:30:00Z', agentsWhoFit: 4 },
      { queueId: 'general', skills: {}, language: null, tickets: 1, waitingSince: '2026-11-24T11:00:00Z', agentsWhoFit: 9 },
    ],
    nobodyHas: [],
  });
});

it('lists skills that nobody has, though the tickets that require them were given to somebody', () => {
  const gatherer = new StaffingGatherer();
  const proposed = (ticketId: string, unknownSkills?: string[]) =>
    event('AssignmentProposed', ticketId, unknownSkills ? { unknownSkills } : {});
  const events = [
    proposed('one', ['elvish', 'klingon']),
    proposed('two', ['klingon']),
    state('two', { agentId: 'ana', status: 'open' }),
    queued('back', {}),
    proposed('back', ['klingon']),
    queued('back', { 'no room': 9 }),
    // Not any more: somebody who has it has come, it is solved, it is gone.
    proposed('found', ['klingon']),
    proposed('found'),
    proposed('solved', ['klingon']),
    state('solved', { status: 'solved' }),
    proposed('removed', ['klingon']),
    state('removed', { removed: true }),
  ];
  for (const one of [...events, ...events]) gatherer.take(one);
  const report = gatherer.report(NOW);
  expect(report.nobodyHas).toEqual([
    { skill: 'klingon', tickets: 3 },
    { skill: 'elvish', tickets: 1 },
  ]);
  expect(wordsOf(report, NOW).at(-1)).toMatch(/^nobody has: klingon \(3 tickets\), elvish \(1 tickets\)/);
  expect(wordsOf({ ...report, waiting: 0 }, NOW)).toEqual(['no ticket waits for an agent', expect.stringMatching(/^nobody has: klingon/)]);
});
