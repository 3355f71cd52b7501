import type { Channel, Priority } from '@signalbox/contracts';
import fc from 'fast-check';
import { aCategory, aCell, ago, anAgent, aPolicy, aTicket, decidingBy, NOW, passing } from '../../test/a-round.js';
import { isHeldOut } from './chance.js';
import { absenceOf, whyNeverFits } from './gate.js';
import { Learned } from './learning.js';
import { match, type MatchPolicy } from './match.js';
import { inOrder, isOverAge } from './wish.js';
import { requirementsAt } from './requirements.js';
import { explainScore, weightingOf, weightsNameFor } from './score.js';
import { NOTHING_PASSING, type CandidateAgent, type Passing, type WaitingTicket } from './waiting-ticket.js';

/** 1,000 cases of each always; a longer search by hand: `PROPERTY_RUNS=100000 npm test -- unit --only services/routing`. */
fc.configureGlobal({ numRuns: Number(process.env['PROPERTY_RUNS'] ?? 1_000) });

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
      onShift: fc.constantFrom(undefined, undefined, true, false),
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
const inPassing: fc.Arbitrary<Map<string, Passing>> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...agentIds, 'nobody'), channel, units, fc.integer({ min: 0, max: 3 })), {
    selector: ([agentId]) => agentId,
    maxLength: 3,
  })
  .map((entries) =>
    passing(
      Object.fromEntries(
        entries.map(([agentId, of, taken, ticketsNearBreach]) => [
          agentId,
          { units: taken, channels: { [of]: taken }, ticketsNearBreach, aheadMinutes: 20 * taken, ticketsInWindow: ticketsNearBreach },
        ]),
      ),
    ),
  );
const learned = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...agentIds), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 4 })), {
    selector: ([agentId]) => agentId,
  })
  .map(
    (cells) =>
      new Learned(
        cells.map(([agentId, solved, satisfied]) =>
          aCell(agentId, 'dispute', 5 + 10 * satisfied, { tickets: solved, rated: 4, satisfied, returned: Math.min(solved, satisfied) }),
        ),
        8,
        cells.map(([agentId, solved]) => ({ agentId, perMinute: solved / 1000, busyShare: solved / 50 })),
      ),
  );

/** A policy object of its own each time: nothing is remembered from another run. */
const deciding = (given: Learned, mode: 'protect' | 'ignore' | 'boost' = 'protect', more: Record<string, unknown> = {}): MatchPolicy =>
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
      ...more,
    }),
    categories: {
      dispute: aCategory({ requiredSkills: { accounting: 2 }, preferredSkills: { law: 1 }, raiseLevelFromComplexity: 4 }),
      other: aCategory({ preferredSkills: { accounting: 1 } }),
    },
    learned: given,
  });
const permutations = <T>(list: readonly T[]): T[][] =>
  list.length === 0
    ? [[]]
    : list.flatMap((one, nth) => permutations(list.filter((_, other) => other !== nth)).map((rest) => [one, ...rest]));
const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });

const round = fc.record({
  agents,
  tickets,
  inPassing,
  learned,
  mode: fc.constantFrom<'protect' | 'ignore' | 'boost'>('protect', 'ignore', 'boost'),
});

/** What a policy may add: each makes the round another one. */
const additions = fc.constantFrom<Record<string, unknown>>(
  {},
  { fairness: { windowMinutes: 60, ticketsMax: 3 } },
  { stickySeconds: 300 },
  { smallPool: { agentsMax: 2, use: 'least-loaded' } },
  { overflow: [{ from: 'general', to: ['billing'], afterSeconds: 60, donorWaitMinutesMax: 120 }] },
  { overflow: [{ from: 'general', to: ['billing', 'technical'], afterSeconds: 0, donorWaitMinutesMax: 1 }] },
  { weights: { standard: { resolution: 1, skill: 0.2 } }, rules: [] },
  { weights: { standard: { resolution: 1 } }, rules: [], startWithinMinutes: 0 },
);

/** Tickets of one unit and few agents: small enough to try every way to place them. */
const small = fc.record({
  agents: fc.uniqueArray(
    fc
      .record({
        agentId: fc.constantFrom('a', 'b', 'c'),
        skills: levels('accounting'),
        unitsMax: fc.integer({ min: 0, max: 3 }),
        idleSince: fc.option(fc.integer({ min: 0, max: 60 }).map(ago)),
      })
      .map(({ agentId, ...fields }) => anAgent(agentId, { ...fields, queueIds: ['general', 'billing'] })),
    { selector: (agent) => agent.agentId, maxLength: 3 },
  ),
  tickets: fc.uniqueArray(
    fc
      .record({
        ticketId: fc.integer({ min: 0, max: 99 }).map((nth) => `t${nth}`),
        category: fc.constantFrom('dispute', 'other'),
        priority: fc.constantFrom<Priority>('urgent', 'normal'),
        recentAgentIds: fc.subarray(['a', 'b', 'c']),
        // Steps of relaxation would let each ticket see other agents.
        relaxFrom: fc.constant(ago(0)),
      })
      .map(({ ticketId, ...fields }) => aTicket(ticketId, fields)),
    { selector: (ticket) => ticket.ticketId, maxLength: 4 },
  ),
  learned,
});

describe('every round', () => {
  it('places the first tickets first, and those so that no other way has more score in sum', () => {
    let contested = 0;
    fc.assert(
      fc.property(small, (given) => {
        const by = deciding(given.learned, 'ignore', { relaxation: [] });
        const context = { policy: by.policy, learned: by.learned, now: NOW.getTime() };
        const ordered = inOrder(given.tickets, by.policy, NOW);
        /** Score of a ticket with an agent who takes so many others first; undefined = does not fit. */
        const scoreOf = (ticket: WaitingTicket, agent: CandidateAgent, others: number): number | undefined => {
          const needs = requirementsAt(ticket, by.categories.get(ticket.category!), by.policy, 0);
          if (whyNeverFits(agent, needs) !== undefined || others >= agent.unitsMax) return undefined;
          const view = isHeldOut(ticket.ticketId, by.policy.learning.holdoutShare) ? by.learned.blind : by.learned;
          const weighting = weightingOf(weightsNameFor(ticket, by.policy), by.policy);
          // With another ticket first they are idle no longer.
          const then = others > 0 ? { ...agent, idleSince: null, lastAssignedAt: NOW.getTime() } : agent;
          return explainScore(then, ticket, needs, { unitsTaken: others, ticketsNearBreach: 0, aheadMinutes: 0 }, weighting, context, view)
            .score;
        };
        let best = { placed: '', score: -Infinity };
        const tryAll = (nth: number, taken: ReadonlySet<string>, placed: string, score: number): void => {
          if (nth === ordered.length) {
            if (placed > best.placed || (placed === best.placed && score > best.score)) best = { placed, score };
            return;
          }
          tryAll(nth + 1, taken, `${placed}0`, score);
          for (const agent of given.agents)
            for (let others = 0; others < agent.unitsMax; others += 1) {
              const slot = `${agent.agentId} ${others}`;
              const own = taken.has(slot) ? undefined : scoreOf(ordered[nth]!, agent, others);
              if (own !== undefined) tryAll(nth + 1, new Set([...taken, slot]), `${placed}1`, score + own);
            }
        };
        tryAll(0, new Set(), '', 0);
        const { proposals } = match(given.tickets, given.agents, by, NOW);
        const agentOf = new Map(proposals.map(({ ticket, agentId }) => [ticket.ticketId, agentId]));
        expect(ordered.map(({ ticketId }) => (agentOf.has(ticketId) ? '1' : '0')).join('')).toBe(best.placed);
        // The best sum for who got whom: of an agent's tickets each may be the first.
        const sums = given.agents.map((agent) => {
          const own = ordered.filter(({ ticketId }) => agentOf.get(ticketId) === agent.agentId);
          return Math.max(...permutations(own).map((one) => one.reduce((sum, ticket, nth) => sum + scoreOf(ticket, agent, nth)!, 0)));
        });
        expect(sums.reduce((sum, one) => sum + one, 0)).toBeCloseTo(best.score === -Infinity ? 0 : best.score, 6);
        if (proposals.some(({ yieldedTo }) => yieldedTo !== undefined)) contested += 1;
      }),
    );
    // Were there never two tickets that want the same agent, the property would prove less than it says.
    expect(contested).toBeGreaterThan(10);
  });

  it('leaves no ticket waiting whose place a later one got', () => {
    fc.assert(
      fc.property(round, additions, (given, more) => {
        const by = deciding(given.learned, given.mode, more);
        const { proposals, waiting } = match(given.tickets, given.agents, by, NOW, 0, given.inPassing);
        const rank = new Map(inOrder(given.tickets, by.policy, NOW).map(({ ticketId }, nth) => [ticketId, nth]));
        for (const { ticket, step, reasons } of waiting) {
          // It waits for somebody better, or for who knows the customer: a later one may have whom it left, until it is past its age.
          const isPatient = !isOverAge(ticket, by.policy, NOW);
          if (isPatient && reasons.some(({ reason }) => /^kept for|^other work/.test(reason))) continue;
          const needs = requirementsAt(ticket, by.categories.get(ticket.category ?? ''), by.policy, step);
          for (const { ticket: other, agentId } of proposals) {
            if (rank.get(other.ticketId)! < rank.get(ticket.ticketId)! || other.units < ticket.units || other.channel !== ticket.channel)
              continue;
            const agent = given.agents.find((one) => one.agentId === agentId)!;
            expect(ticket.excludedAgentIds.includes(agentId) || whyNeverFits(agent, needs) !== undefined).toBe(true);
          }
        }
      }),
    );
  });

  it('gives nobody a ticket who is away, out of rotation or above the fairness cap, whatever the policy adds', () => {
    fc.assert(
      fc.property(round, additions, (given, more) => {
        const by = deciding(given.learned, given.mode, more);
        const { proposals } = match(given.tickets, given.agents, by, NOW, 0, given.inPassing);
        for (const agent of given.agents) {
          const own = proposals.filter(({ agentId }) => agentId === agent.agentId);
          const mine = given.inPassing.get(agent.agentId) ?? NOTHING_PASSING;
          if (own.length > 0) expect(absenceOf(agent, mine, by.policy, NOW.getTime())).toBe(0);
          const { fairness } = by.policy;
          if (fairness) expect(own.length).toBeLessThanOrEqual(Math.max(0, fairness.ticketsMax - mine.ticketsInWindow));
        }
      }),
    );
  });

  it('shows the chosen one among the best, and above all others unless somebody else got those', () => {
    fc.assert(
      fc.property(round, additions, (given, more) => {
        const { proposals } = match(given.tickets, given.agents, deciding(given.learned, given.mode, more), NOW, 3, given.inPassing);
        for (const { agentId, top, yieldedTo, propensity } of proposals) {
          expect(top.map((one) => one.agentId)).toContain(agentId);
          expect(top.length).toBeLessThanOrEqual(5);
          if (yieldedTo === undefined) expect(top[0]!.agentId).toBe(agentId);
          else expect(given.tickets.some(({ ticketId }) => ticketId === yieldedTo)).toBe(true);
          expect(propensity).toBeGreaterThan(0);
          expect(propensity).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('never proposes beyond room, in total or by channel', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals } = match(given.tickets, given.agents, deciding(given.learned), NOW, 0, given.inPassing);
        for (const agent of given.agents) {
          const own = proposals.filter(({ agentId }) => agentId === agent.agentId).map(({ ticket }) => ticket);
          if (own.length === 0) continue;
          const before = given.inPassing.get(agent.agentId);
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
        const { proposals, waiting } = match(given.tickets, given.agents, deciding(given.learned), NOW, 0, given.inPassing);
        const decided = [...proposals, ...waiting].map(({ ticket }) => ticket.ticketId);
        expect(decided.sort()).toEqual(given.tickets.map((ticket) => ticket.ticketId).sort());
      }),
    );
  });

  it('counts every agent once: chosen from, or left out for one reason', () => {
    fc.assert(
      fc.property(round, additions, (given, more) => {
        const by = deciding(given.learned, 'protect', more);
        const { proposals, waiting } = match(given.tickets, given.agents, by, NOW, 0, given.inPassing);
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
        const before = JSON.stringify([given.agents, given.tickets, [...given.inPassing]]);
        const first = match(given.tickets, given.agents, deciding(given.learned), NOW, 0, given.inPassing);
        expect(JSON.stringify([given.agents, given.tickets, [...given.inPassing]])).toBe(before);
        expect(match(otherTickets, otherAgents, deciding(given.learned), NOW, 0, given.inPassing)).toEqual(first);
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
          const remembered = match(given.tickets, given.agents, by, NOW, 0, given.inPassing);
          expect(remembered).toEqual(match(given.tickets, given.agents, deciding(given.learned), NOW, 0, given.inPassing));
        },
      ),
    );
  });

  it('shows scores that are the sum of their factors', () => {
    fc.assert(
      fc.property(round, (given) => {
        const { proposals } = match(given.tickets, given.agents, deciding(given.learned, given.mode), NOW, 0, given.inPassing);
        for (const { score, factors } of proposals.flatMap(({ top }) => top)) {
          expect(Math.abs(factors.reduce((sum, factor) => sum + factor.contribution, 0) - score)).toBeLessThanOrEqual(1e-5);
        }
      }),
    );
  });
});
