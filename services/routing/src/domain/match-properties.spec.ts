import type { Channel, Priority } from '@signalbox/contracts';
import fc from 'fast-check';
import { aCategory, ago, anAgent, aPolicy, aTicket, decidingBy, NOW } from '../../test/a-round.js';
import { absenceOf, whyNeverFits, type Projected } from './gate.js';
import { Learned } from './learning.js';
import { inOrder, match, type MatchPolicy } from './match.js';
import { requirementsAt, stepByTime } from './requirements.js';
import { explainScore, weightingOf, weightsNameFor } from './score.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

const channel = fc.constantFrom<Channel>('web', 'chat');
const queue = fc.constantFrom('general', 'billing');
const agentIds = ['a', 'b', 'c', 'd', 'e', 'f'];
const level = fc.integer({ min: 1, max: 5 });
const levels = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), level, { noNullPrototype: true });
/** Fractions of units too: their sums must be compared as assignment compares them. */
const units = fc.constantFrom(0.1, 0.5, 1, 2);

const agents: fc.Arbitrary<CandidateAgent[]> = fc.uniqueArray(
  fc
    .record({
      agentId: fc.constantFrom(...agentIds),
      presence: fc.constantFrom<CandidateAgent['presence']>('online', 'online', 'online', 'away', 'offline'),
      inRotation: fc.constantFrom(true, true, true, false),
      skills: levels('accounting', 'law'),
      languages: levels('de', 'en'),
      queueIds: fc.uniqueArray(queue),
      unitsMax: fc.constantFrom(0, 0.3, 2, 4),
      channelUnitsMax: fc.constantFrom<CandidateAgent['channelUnitsMax']>({}, { chat: 1 }, { chat: 2, web: 1 }),
      unitsUsed: fc.constantFrom(0, 0.1, 1),
      channelUnitsUsed: fc.constantFrom<CandidateAgent['channelUnitsUsed']>({}, { chat: 1 }),
      idleSince: fc.option(fc.integer({ min: 0, max: 60 }).map(ago)),
    })
    .map(({ agentId, ...fields }) => anAgent(agentId, fields)),
  { selector: (agent) => agent.agentId, maxLength: agentIds.length },
);
const tickets: fc.Arbitrary<WaitingTicket[]> = fc.uniqueArray(
  fc
    .record({
      ticketId: fc.integer({ min: 0, max: 99 }).map((nth) => `t${nth}`),
      category: fc.option(fc.constantFrom('dispute', 'other')),
      complexity: level,
      priority: fc.constantFrom<Priority>('urgent', 'high', 'normal', 'low'),
      language: fc.option(fc.constantFrom('de', 'en')),
      channel,
      queueId: queue,
      units,
      firstQueuedAt: fc.integer({ min: 0, max: 600 }).map(ago),
      relaxFrom: fc.integer({ min: 0, max: 10 }).map(ago),
      excludedAgentIds: fc.array(fc.constantFrom(...agentIds, 'nobody'), { maxLength: 2 }),
      extraSkills: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: levels('law') }),
      recentAgentIds: fc.uniqueArray(fc.constantFrom(...agentIds, 'nobody'), { maxLength: 3 }),
      dueAt: fc.option(fc.integer({ min: -300, max: 300 }).map(ago)),
    })
    .map(({ ticketId, ...fields }) => aTicket(ticketId, fields)),
  { selector: (ticket) => ticket.ticketId, maxLength: 12 },
);
const inFlight = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...agentIds, 'nobody'), channel, units), { selector: ([agentId]) => agentId, maxLength: 3 })
  .map(
    (entries) =>
      new Map(entries.map(([agentId, of, taken]): [string, Projected] => [agentId, { units: taken, channels: { [of]: taken } }])),
  );
const nearBreach = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...agentIds), fc.integer({ min: 1, max: 3 })), { selector: ([agentId]) => agentId })
  .map((entries) => new Map(entries));
const learned = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...agentIds), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 4 })), {
    selector: ([agentId]) => agentId,
  })
  .map(
    (cells) =>
      new Learned(
        cells.map(([agentId, solved, satisfied]) => ({
          agentId,
          category: 'dispute',
          tickets: solved,
          logMinutesSum: solved * 2.5,
          rated: 4,
          satisfied,
        })),
        8,
      ),
  );

/** A policy object of its own each time: nothing is remembered from another run. */
const deciding = (given: Learned, mode: 'protect' | 'ignore' | 'boost' = 'protect'): MatchPolicy =>
  decidingBy({
    policy: aPolicy({
      weights: {
        standard: {
          skill: 1,
          language: 0.4,
          workload: 0.6,
          idle: 0.3,
          speed: 0.5,
          satisfaction: 0.6,
          familiarity: 0.4,
          slaSlack: 0.2,
          slaPressure: 0.4,
        },
        urgent: { skill: 1, speed: 1, slaSlack: 0.8 },
      },
      rules: [{ when: { priority: ['urgent'] }, use: 'urgent' }],
      relaxation: [
        { afterSeconds: 120, lowerSkillsBy: 1, lowerLanguageBy: 1 },
        { afterSeconds: 300, lowerSkillsBy: 5, lowerLanguageBy: 5, anyQueue: true },
      ],
      agentSlaPressure: mode,
    }),
    categories: {
      dispute: aCategory({ requiredSkills: { accounting: 2 }, preferredSkills: { law: 1 }, raiseLevelFromComplexity: 4 }),
      other: aCategory({ preferredSkills: { accounting: 1 } }),
    },
    learned: given,
  });
const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });

const round = fc.record({
  agents,
  tickets,
  inFlight,
  nearBreach,
  learned,
  mode: fc.constantFrom<'protect' | 'ignore' | 'boost'>('protect', 'ignore', 'boost'),
});

/** The same decision in the plainest words: no columns, nothing remembered, every agent asked anew for every ticket. */
function plainly(
  given: readonly WaitingTicket[],
  pool: readonly CandidateAgent[],
  by: MatchPolicy,
  flying: ReadonlyMap<string, Projected>,
  pressed: ReadonlyMap<string, number>,
) {
  const taken = new Map(
    pool.map((agent) => {
      const { units: more = 0, channels = {} } = flying.get(agent.agentId) ?? {};
      const used = (of: Channel) => (agent.channelUnitsUsed[of] ?? 0) + ((channels as Partial<Record<Channel, number>>)[of] ?? 0);
      return [agent.agentId, { units: agent.unitsUsed + more, web: used('web'), chat: used('chat') }];
    }),
  );
  return inOrder(given, by.policy, NOW).map((ticket) => {
    const category = ticket.category === null ? undefined : by.categories.get(ticket.category);
    const of = ticket.channel as 'web' | 'chat';
    const allowed = pool.filter((agent) => !ticket.excludedAgentIds.includes(agent.agentId));
    const byTime = stepByTime(ticket, by.policy, NOW);
    const steps = [byTime, byTime + 1, byTime + 2].filter((step) => step <= by.policy.relaxation.length);
    const all = steps.map((step) => requirementsAt(ticket, category, by.policy, step));
    const needs =
      all.find((one) => allowed.some((agent) => agent.presence !== 'offline' && whyNeverFits(agent, one) === undefined)) ?? all[0]!;
    const weighting = weightingOf(weightsNameFor(ticket, by.policy), by.policy);
    const ranked = allowed
      .filter((agent) => {
        const room = taken.get(agent.agentId)!;
        return (
          whyNeverFits(agent, needs) === undefined &&
          absenceOf(agent) === 0 &&
          room.units + ticket.units <= agent.unitsMax &&
          room[of] + ticket.units <= (agent.channelUnitsMax[of] ?? Infinity)
        );
      })
      .map((agent) => {
        const load = { unitsTaken: taken.get(agent.agentId)!.units, ticketsNearBreach: pressed.get(agent.agentId) ?? 0 };
        const context = { policy: by.policy, learned: by.learned, now: NOW.getTime() };
        return { agent, score: explainScore(agent, ticket, needs, load, weighting, context).score };
      })
      .sort(
        (a, b) =>
          b.score - a.score ||
          (a.agent.idleSince ?? Infinity) - (b.agent.idleSince ?? Infinity) ||
          (a.agent.agentId < b.agent.agentId ? -1 : 1),
      );
    const best = ranked[0]?.agent.agentId ?? null;
    if (best !== null) {
      taken.get(best)!.units += ticket.units;
      taken.get(best)![of] += ticket.units;
    }
    return { ticketId: ticket.ticketId, agentId: best, step: needs.step, top: ranked.slice(0, 5).map(({ agent }) => agent.agentId) };
  });
}

describe('every round', () => {
  it('decides as the plain words do', () => {
    fc.assert(
      fc.property(round, (given) => {
        const by = deciding(given.learned, given.mode);
        const { proposals, waiting } = match(given.tickets, given.agents, by, NOW, given.inFlight, given.nearBreach);
        const decided = new Map<string, { agentId: string | null; step: number; top: string[] }>();
        for (const { ticket, agentId, step, top } of proposals)
          decided.set(ticket.ticketId, { agentId, step, top: top.map((one) => one.agentId) });
        for (const { ticket, step } of waiting) decided.set(ticket.ticketId, { agentId: null, step, top: [] });
        for (const { ticketId, ...plain } of plainly(given.tickets, given.agents, by, given.inFlight, given.nearBreach)) {
          expect(decided.get(ticketId)).toEqual(plain);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never proposes beyond room, in total or by channel', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals } = match(given.tickets, given.agents, deciding(given.learned), NOW, given.inFlight);
        for (const agent of given.agents) {
          const own = proposals.filter(({ agentId }) => agentId === agent.agentId).map(({ ticket }) => ticket);
          if (own.length === 0) continue;
          const before = given.inFlight.get(agent.agentId);
          const sum = (start: number, list: readonly WaitingTicket[]) => list.reduce((total, ticket) => total + ticket.units, start);
          expect(sum(agent.unitsUsed + (before?.units ?? 0), own)).toBeLessThanOrEqual(agent.unitsMax);
          for (const of of new Set(own.map((ticket) => ticket.channel))) {
            const start = (agent.channelUnitsUsed[of] ?? 0) + (before?.channels[of] ?? 0);
            expect(
              sum(
                start,
                own.filter((ticket) => ticket.channel === of),
              ),
            ).toBeLessThanOrEqual(agent.channelUnitsMax[of] ?? Infinity);
          }
        }
      }),
    );
  });

  it('decides on every ticket once: one proposal, or why it waits', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals, waiting } = match(given.tickets, given.agents, deciding(given.learned), NOW, given.inFlight);
        const decided = [...proposals, ...waiting].map(({ ticket }) => ticket.ticketId);
        expect(decided.sort()).toEqual(given.tickets.map((ticket) => ticket.ticketId).sort());
      }),
    );
  });

  it('counts every agent once: chosen from, or left out for one reason', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals, waiting } = match(given.tickets, given.agents, deciding(given.learned), NOW, given.inFlight);
        for (const { reasons } of waiting) expect(reasons.reduce((sum, one) => sum + one.agents, 0)).toBe(given.agents.length);
        for (const { top, excluded } of proposals.filter((one) => one.top.length < 5)) {
          expect(excluded.reduce((sum, one) => sum + one.agents, top.length)).toBe(given.agents.length);
        }
      }),
    );
  });

  it('is the same whatever the order of its inputs, and changes none of them', () => {
    const orders = round.chain((given) => fc.tuple(fc.constant(given), shuffled(given.agents), shuffled(given.tickets)));
    fc.assert(
      fc.property(orders, ([given, otherAgents, otherTickets]) => {
        const before = JSON.stringify([given.agents, given.tickets, [...given.inFlight]]);
        const first = match(given.tickets, given.agents, deciding(given.learned), NOW, given.inFlight, given.nearBreach);
        expect(JSON.stringify([given.agents, given.tickets, [...given.inFlight]])).toBe(before);
        expect(match(otherTickets, otherAgents, deciding(given.learned), NOW, given.inFlight, given.nearBreach)).toEqual(first);
      }),
    );
  });

  it('is the same with a remembered roster as with a new one', () => {
    fc.assert(
      fc.property(
        round,
        round,
        fc.constantFrom('others', 'another hour', 'other skills', 'other languages', 'other queues'),
        (earlier, given, kind) => {
          const by = deciding(given.learned);
          const before: Record<typeof kind, CandidateAgent[]> = {
            others: earlier.agents,
            // The same abilities, by reference: here the roster holds.
            'another hour': given.agents.map((agent) => ({ ...agent, unitsUsed: 0, presence: 'online', idleSince: null })),
            'other skills': given.agents.map((agent) => ({ ...agent, skills: {} })),
            'other languages': given.agents.map((agent) => ({ ...agent, languages: {} })),
            'other queues': given.agents.map((agent) => ({ ...agent, queueIds: [] })),
          };
          match(earlier.tickets, before[kind], { ...by, learned: earlier.learned }, NOW);
          match(given.tickets, before[kind], by, NOW);
          const remembered = match(given.tickets, given.agents, by, NOW, given.inFlight, given.nearBreach);
          expect(remembered).toEqual(match(given.tickets, given.agents, deciding(given.learned), NOW, given.inFlight, given.nearBreach));
        },
      ),
    );
  });

  it('shows scores that are the sum of their factors', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals } = match(
          given.tickets,
          given.agents,
          deciding(given.learned, given.mode),
          NOW,
          given.inFlight,
          given.nearBreach,
        );
        for (const { score, factors } of proposals.flatMap(({ top }) => top)) {
          expect(Math.abs(factors.reduce((sum, factor) => sum + factor.contribution, 0) - score)).toBeLessThanOrEqual(1e-5);
        }
      }),
    );
  });
});
