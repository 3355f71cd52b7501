import { RoutingPolicy } from '@signalbox/contracts';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { aCategory, aCell, ago, anAgent, aTicket, NOW, passing } from '../../test/a-round.js';
import { Learned } from './learning.js';
import { match } from './match.js';

/** The example of docs/routing.md, by the sample company's own policy: the numbers there are these. */
describe('the worked example', () => {
  const { 'routing-policy': policies } = parse(readFileSync('config/sample/routing-policies.yaml', 'utf8')) as {
    'routing-policy': { standard: unknown };
  };
  const policy = RoutingPolicy.parse(policies.standard);
  const dispute = aCategory({ queue: 'billing', requiredSkills: { accounting: 3 } });
  const learned = new Learned(
    [
      aCell('ana', 'dispute', 12, { tickets: 24, rated: 10, satisfied: 9 }),
      aCell('ben', 'dispute', 30, { tickets: 24, rated: 10, satisfied: 6 }),
    ],
    policy.shrinkageTickets,
  );
  const agent = (agentId: string, accounting: number, fields: Parameters<typeof anAgent>[1]) =>
    anAgent(agentId, { queueIds: ['billing'], skills: { accounting }, languages: { de: 5 }, unitsMax: 6, ...fields });
  const agents = [
    agent('ana', 4, { unitsUsed: 4, work: Array<string>(4).fill('dispute') }),
    agent('ben', 5, { unitsUsed: 1, work: ['dispute'] }),
    agent('cem', 2, { unitsUsed: 0, idleSince: ago(30) }),
    agent('dee', 5, { unitsUsed: 6 }),
  ];
  const ticket = aTicket('T-1042', { category: 'dispute', queueId: 'billing', language: 'de', dueAt: ago(-60) });
  const { proposals } = match(
    [ticket],
    agents,
    { policy, categories: new Map([['dispute', dispute]]), learned },
    NOW,
    1,
    passing({ ben: { ticketsNearBreach: 2 } }),
  );

  it('is what docs/routing.md says', () => {
    const [proposed] = proposals;
    const text = readFileSync('docs/routing.md', 'utf8');
    expect(proposed!.excluded).toEqual([
      { reason: 'accounting below 3', agents: 1 },
      { reason: 'no room', agents: 1 },
    ]);
    expect(proposed!.agentId).toBe('ana');
    for (const { agentId, score, factors } of proposed!.top) {
      expect(text).toContain(`| ${agentId} |`);
      expect(text).toContain(score.toFixed(3));
      for (const factor of factors) expect(text).toContain(factor.contribution.toFixed(3));
    }
  });
});
