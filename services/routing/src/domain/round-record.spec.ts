import { aCell, anAgent, aTicket, NOW } from '../../test/a-round.js';
import { recordPerformance, recordRound } from './round-record.js';
import { NOTHING_PASSING } from './waiting-ticket.js';

const recorded = (agentsCount: number) => {
  const agents = Array.from({ length: agentsCount }, (_, nth) =>
    anAgent(`agent-with-a-long-id-${nth}`, {
      skills: Object.fromEntries(Array.from({ length: 12 }, (__, skill) => [`skill-number-${skill}`, 3])),
      languages: { de: 5, en: 4, fr: 3 },
      queueIds: ['billing', 'general', 'technical'],
    }),
  );
  const tickets = Array.from({ length: 240 }, (_, nth) =>
    aTicket(`ticket-${nth}`, { excludedAgentIds: agents.slice(0, 200).map((agent) => agent.agentId) }),
  );
  return recordRound('default', {
    round: 7,
    now: NOW.toISOString(),
    seed: 7,
    checkpoint: true,
    tickets,
    agents,
    removedAgentIds: ['gone'],
    passing: new Map(
      agents.map((agent, nth) => [
        agent.agentId,
        { ...NOTHING_PASSING, units: 2, channels: { web: 2 }, ticketsNearBreach: nth === 3 ? 4 : 0 },
      ]),
    ),
    members: ['routing-policy/standard@1'],
    policy: { name: 'standard', version: 1 },
    configuration: 3,
    performanceSnapshot: 12,
    proposals: tickets.map((ticket) => ({ ticketId: ticket.ticketId, agentId: 'agent-with-a-long-id-1', score: 0.5 })),
  });
};

describe('a round’s record', () => {
  it.each([1, 1_000, 10_000])('stays below the size of one event with %i agents', (agents) => {
    for (const part of recorded(agents)) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(500_000);
  });

  it('has everything once, in parts of one round, and its proposals in the last', () => {
    const parts = recorded(2_000).map((part) => part.data);
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map((part) => part.round))).toEqual(new Set([7]));
    expect(parts.map((part) => part.proposals.length > 0)).toEqual(parts.map((_, index) => index === parts.length - 1));
    const agents = parts.flatMap((part) => part.agents);
    expect(agents.filter((agent) => 'skills' in agent)).toHaveLength(2_000);
    expect(agents.filter((agent) => 'thisRound' in agent)).toHaveLength(2_000);
    expect(agents).toContainEqual({
      agentId: 'agent-with-a-long-id-3',
      thisRound: { ...NOTHING_PASSING, units: 2, channels: { web: 2 }, ticketsNearBreach: 4 },
    });
    expect(new Set(parts.flatMap((part) => part.tickets.map((ticket) => ticket['ticketId']))).size).toBe(240);
    expect(parts.flatMap((part) => part.removedAgentIds)).toEqual(['gone']);
  });

  it('is one event in an ordinary round', () => {
    expect(recorded(0)).toHaveLength(1);
  });

  it('has what was learned once, in parts of one number, the last of which says so', () => {
    const cells = Array.from({ length: 5_000 }, (_, nth) => aCell(`agent-with-a-long-id-${nth}`, 'billing-dispute', 12));
    const loads = cells.map(({ agentId }) => ({ agentId, perMinute: 0.1, busyShare: 0.4, atMs: NOW.getTime() }));
    const same = { snapshot: 4, asOf: NOW.toISOString(), checkpoint: true, returns: { tickets: 1, minutes: 30 } };
    const parts = recordPerformance('default', { ...same, cells, loads }).map((part) => part.data);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(500_000);
    expect(parts.flatMap((part) => part.cells)).toEqual(cells);
    expect(parts.flatMap((part) => part.loads)).toEqual(loads);
    expect(parts.map((part) => part.complete)).toEqual(parts.map((_, index) => index === parts.length - 1));
  });
});
