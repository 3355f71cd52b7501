import { SignalName } from '@signalbox/contracts';
import fc from 'fast-check';
import { aCategory, ago, anAgent, aPolicy, aTicket, NOW } from '../../test/a-round.js';
import { Learned } from './learning.js';
import { requirementsAt } from './requirements.js';
import {
  explainScore,
  familiaritySignal,
  idleSignal,
  minutesLeft,
  minutesToSolve,
  pressureSignal,
  resolutionSignal,
  rotationSignal,
  skillSignal,
  slackSignal,
  speedSignal,
  weightingOf,
  weightsNameFor,
  workloadSignal,
} from './score.js';

describe('the weights', () => {
  const policy = aPolicy({
    weights: { standard: { skill: 1 }, urgent: { speed: 1 }, vip: { satisfaction: 1 } },
    rules: [
      { when: { priority: ['urgent'], channel: ['chat'] }, use: 'urgent' },
      { when: { tier: ['gold'] }, use: 'vip' },
      { when: { queue: ['overnight'] }, use: 'longest-idle' },
    ],
  });
  it('are chosen by the first rule that fits', () => {
    expect(weightsNameFor(aTicket('t'), policy)).toBe('standard');
    expect(weightsNameFor(aTicket('t', { priority: 'urgent', channel: 'chat', tier: 'gold' }), policy)).toBe('urgent');
    expect(weightsNameFor(aTicket('t', { priority: 'urgent', channel: 'web', tier: 'gold' }), policy)).toBe('vip');
  });
  it('may be a strategy: one signal alone', () => {
    expect(weightsNameFor(aTicket('t', { queueId: 'overnight' }), policy)).toBe('longest-idle');
    expect(weightingOf('longest-idle', policy).all).toEqual([['idle', 1]]);
    expect(weightingOf('round-robin', policy).all).toEqual([['rotation', 1]]);
  });
});

describe('the signals', () => {
  it('value required skills twice as much as preferred ones, and each preferred one only once', () => {
    const needs = requirementsAt(
      aTicket('t'),
      aCategory({ requiredSkills: { accounting: 3 }, preferredSkills: { law: 1, accounting: 2 } }),
      aPolicy(),
      0,
    );
    expect(skillSignal(anAgent('a', { skills: { accounting: 5 } }), needs)).toBeCloseTo(1 / 1.5);
    expect(skillSignal(anAgent('a', { skills: { accounting: 5, law: 5 } }), needs)).toBeCloseTo(1);
    expect(skillSignal(anAgent('a'), { skills: new Map(), preferredSkills: new Map() })).toBe(0.5);
  });
  it('are the documented formulas', () => {
    expect(workloadSignal(4, 1, 1)).toBe(0.5);
    expect([workloadSignal(4, 6, 1), workloadSignal(0, 0, 1)]).toEqual([0, 0]);
    expect(idleSignal(ago(30), NOW.getTime())).toBeCloseTo(1 - 1 / Math.E);
    expect([idleSignal(null, NOW.getTime()), idleSignal(ago(-5), NOW.getTime())]).toEqual([0, 0]);
    expect(speedSignal(22, 22)).toBe(0.5);
    expect(speedSignal(22, 11)).toBeCloseTo(2 / 3);
    expect([-1, 0, 1].map(familiaritySignal)).toEqual([0, 1, 0.5]);
    expect(minutesLeft(aTicket('t', { dueAt: ago(5) }), NOW.getTime())).toBe(0);
    expect(minutesLeft(aTicket('t'), NOW.getTime())).toBeUndefined();
    expect(slackSignal(30, 10)).toBe(0.75);
    expect([rotationSignal(null, NOW.getTime()), rotationSignal(ago(0), NOW.getTime())]).toEqual([1, 0]);
    expect(resolutionSignal(60, 20)).toBe(0.75);
  });
  it('count in minutes to solve the wait, the work, what comes back, and what the agent’s time is worth to others', () => {
    const plain = { minutes: 20, resolved: 0.8, timePrice: 0 };
    expect(minutesToSolve(10, plain, 240)).toBeCloseTo((10 + 20 + 0.2 * 240) / 0.8);
    expect(minutesToSolve(10, { ...plain, timePrice: 0.02 }, 240)).toBeCloseTo((30 * (1 + 0.7 * 0.02 * 20) + 48) / 0.8);
    // A better solver is worth some more minutes of work.
    expect(minutesToSolve(0, { ...plain, minutes: 30, resolved: 0.9 }, 240)).toBeLessThan(minutesToSolve(0, plain, 240));
  });
  it('hold near-breach work against an agent, for them, or not at all, as the policy says', () => {
    expect([0, 1, 3].map((tickets) => pressureSignal('protect', tickets))).toEqual([1, 0.5, 0.25]);
    expect([0, 1, 3].map((tickets) => pressureSignal('boost', tickets))).toEqual([0, 0.5, 0.75]);
    expect([0, 1, 3].map((tickets) => pressureSignal('ignore', tickets))).toEqual([0.5, 0.5, 0.5]);
  });

  it('lie between 0 and 1, and their contributions add up to the score', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const weights = fc.record(Object.fromEntries(SignalName.options.map((name) => [name, share])), { requiredKeys: [] });
    const cell = fc.record({
      agentId: fc.constantFrom('a', 'b'),
      category: fc.constant('c'),
      tickets: fc.integer({ min: 0, max: 50 }),
      logMinutesSum: fc.double({ min: -50, max: 200, noNaN: true }),
      minutesSum: fc.double({ min: 0, max: 5_000, noNaN: true }),
      returned: fc.constant(0),
      rated: fc.constant(5),
      satisfied: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(
        weights,
        fc.uniqueArray(cell, { selector: (one) => one.agentId, maxLength: 2 }),
        fc.option(fc.integer({ min: -600, max: 600 })),
        fc.option(fc.integer({ min: -600, max: 600 })),
        fc.integer({ min: 0, max: 10 }),
        fc.constantFrom<'protect' | 'ignore' | 'boost'>('protect', 'ignore', 'boost'),
        (set, cells, idle, due, load, mode) => {
          const policy = aPolicy({ weights: { standard: set }, agentSlaPressure: mode });
          const ticket = aTicket('t', { category: 'c', language: 'de', dueAt: due === null ? null : ago(due), recentAgentIds: ['b', 'a'] });
          const agent = anAgent('a', { skills: { s: 2 }, languages: { de: 4 }, unitsMax: 8, idleSince: idle === null ? null : ago(idle) });
          const needs = requirementsAt(ticket, aCategory({ preferredSkills: { s: 1 } }), policy, 0);
          const context = { policy, learned: new Learned(cells, 8), now: NOW.getTime() };
          const scored = explainScore(
            agent,
            ticket,
            needs,
            { unitsTaken: load, ticketsNearBreach: load, aheadMinutes: 10 * load },
            weightingOf('standard', policy),
            context,
          );
          for (const { value } of scored.factors) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
          expect(Math.abs(scored.factors.reduce((sum, factor) => sum + factor.contribution, 0) - scored.score)).toBeLessThanOrEqual(1e-5);
          expect(scored.factors.map((factor) => factor.signal).sort()).toEqual(Object.keys(set).sort());
        },
      ),
    );
  });

  it('give 0 when nothing is weighed', () => {
    const policy = aPolicy({ weights: { standard: {} } });
    const context = { policy, learned: new Learned([], 8), now: NOW.getTime() };
    const needs = requirementsAt(aTicket('t'), undefined, policy, 0);
    const none = { unitsTaken: 0, ticketsNearBreach: 0, aheadMinutes: 0 };
    expect(explainScore(anAgent('a'), aTicket('t'), needs, none, weightingOf('standard', policy), context)).toEqual({
      agentId: 'a',
      score: 0,
      factors: [],
    });
  });
});
