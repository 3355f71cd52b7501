import type { Draft, PerformanceRecorded, Received, RoundRecorded } from '@signalbox/contracts';
import * as fc from 'fast-check';
import { aCategory, aCell, anAgent, aPolicy, aTicket, decidingBy, NOW } from '../../test/a-round.js';
import { Learned, loadAt, type ObservedCell } from './learning.js';
import { match } from './match.js';
import { placedIn, proposalOf } from './proposal.js';
import { firstDifference, RoundReplay } from './replay.js';
import { RoundLog, type RecordedRound } from './round-log.js';
import { recordPerformance, recordRound, type PerformanceOutcome, type RoundOutcome } from './round-record.js';
import { NOTHING_PASSING, type CandidateAgent, type Passing } from './waiting-ticket.js';

type Record = Received<RoundRecorded | PerformanceRecorded>;
/** As a reader gets them: numbered, through JSON, each twice. */
function asRead(drafts: readonly Draft[]): Record[] {
  return drafts.flatMap((draft, index) => {
    const record = JSON.parse(JSON.stringify({ ...draft, version: index + 1 })) as Record;
    return [record, record];
  });
}
function told(log: RoundLog, records: readonly Record[]): RecordedRound[] {
  return records.flatMap((record) => {
    const round = log.take(record);
    return round === undefined || 'missing' in round ? [] : [round];
  });
}

const agentIds = ['ana', 'bo', 'cem', 'dee'];
const anyChange = fc.record({ agentId: fc.constantFrom(...agentIds), unitsUsed: fc.nat(3), removed: fc.boolean() });
const anyStep = fc.oneof(
  fc.record({
    kind: fc.constant('round' as const),
    checkpoint: fc.boolean(),
    changes: fc.array(anyChange, { maxLength: 3 }),
    passing: fc.array(fc.constantFrom(...agentIds), { maxLength: 2 }),
    /** An instance that has not looked for a moment decides by an older snapshot or bundle. */
    snapshotsAgo: fc.nat(3),
    bundle: fc.nat(2),
  }),
  fc.record({
    kind: fc.constant('performance' as const),
    checkpoint: fc.boolean(),
    agentId: fc.constantFrom(...agentIds),
    minutes: fc.integer({ min: 1, max: 60 }),
  }),
);

const donorLevel = { queueId: 'billing', withinMinutes: 10, overMinutes: 60, assigned: 0, assignedWithin: 0, waitingLonger: 3 };

/** Writes what a sequence of rounds records, and keeps what each of them really decided by. */
function recordAll(steps: readonly (typeof anyStep extends fc.Arbitrary<infer S> ? S : never)[]) {
  const drafts: Draft[] = [];
  const outcomes: (Omit<RoundOutcome, 'agents'> & { agents: CandidateAgent[]; performance: PerformanceOutcome })[] = [];
  const agents = new Map<string, CandidateAgent>(agentIds.map((agentId) => [agentId, anAgent(agentId)]));
  const cells = new Map<string, ObservedCell>();
  const loads = new Map<string, PerformanceOutcome['loads'][number]>();
  const snapshots: PerformanceOutcome[] = [];
  const named = new Set<number>();
  let first = true;
  const learn = (agentId: string, minutes: number, checkpoint: boolean): void => {
    const cell = aCell(agentId, 'billing', minutes);
    const load = { agentId, perMinute: minutes / 600, busyShare: minutes / 60, atMs: NOW.getTime() };
    cells.set(agentId, cell);
    loads.set(agentId, load);
    const same = { snapshot: snapshots.length + 1, asOf: NOW.toISOString(), checkpoint, returns: { tickets: minutes, minutes: 9 } };
    snapshots.push({ ...same, cells: [...cells.values()], loads: [...loads.values()] });
    drafts.push(...recordPerformance('default', checkpoint ? snapshots.at(-1)! : { ...same, cells: [cell], loads: [load] }));
  };
  learn('ana', 12, true);
  for (const step of steps) {
    if (step.kind === 'performance') {
      learn(step.agentId, step.minutes, step.checkpoint);
      continue;
    }
    const round = outcomes.length + 1;
    for (const { agentId, unitsUsed, removed } of step.changes) {
      if (removed) agents.delete(agentId);
      else agents.set(agentId, anAgent(agentId, { agentVersion: round, unitsUsed }));
    }
    const checkpoint = first || step.checkpoint;
    first = false;
    const changed = new Set(step.changes.map(({ agentId }) => agentId));
    const tickets = [aTicket(`ticket-${round}`)];
    const outcome = {
      round,
      seed: round,
      now: new Date(NOW.getTime() + round).toISOString(),
      checkpoint,
      tickets,
      removedAgentIds: [...changed].filter((agentId) => !agents.has(agentId)),
      passing: new Map<string, Passing>(step.passing.map((agentId) => [agentId, { ...NOTHING_PASSING, units: round }])),
      policy: { name: 'standard', version: step.bundle + 1 },
      configuration: step.bundle + 1,
      members: checkpoint || !named.has(step.bundle) ? [`routing-policy/standard@${step.bundle + 1}`] : undefined,
      performanceSnapshot: Math.max(1, snapshots.length - step.snapshotsAgo),
      donors: round % 2 === 0 ? [{ ...donorLevel, assigned: round }] : undefined,
      proposals: [{ ticketId: `ticket-${round}`, agentId: 'ana', score: 0.5 }],
    };
    named.add(step.bundle);
    const all = [...agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
    drafts.push(...recordRound('default', { ...outcome, agents: checkpoint ? all : all.filter(({ agentId }) => changed.has(agentId)) }));
    outcomes.push({ ...outcome, agents: all, performance: snapshots[outcome.performanceSnapshot - 1]! });
  }
  return { drafts, outcomes };
}
const byAgent = (one: { agentId: string }, other: { agentId: string }): number => (one.agentId < other.agentId ? -1 : 1);

describe('a log of rounds', () => {
  it('gives back what each round decided by, and from whatever record reading begins nothing else', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), fc.nat(30), (steps, from) => {
        const { drafts, outcomes } = recordAll(steps);
        const records = asRead(drafts);
        const all = told(new RoundLog(), records);
        expect(all.map(({ round }) => round)).toEqual(outcomes.map(({ round }) => round));
        for (const [read, isAll] of [
          [all, true],
          [told(new RoundLog(), records.slice(from)), false],
        ] as const) {
          if (isAll) expect(read).toHaveLength(outcomes.length);
          for (const one of read) {
            const was = outcomes[one.round - 1]!;
            expect(one.tickets).toEqual(was.tickets);
            expect(one.agents).toEqual(was.agents);
            expect(one.passing).toEqual(was.passing);
            expect(one.donors).toEqual(was.donors);
            expect(one.now.toISOString()).toBe(was.now);
            expect(one.members).toEqual([`routing-policy/standard@${was.configuration}`]);
            const { snapshot, cells, loads, returns } = one.performance;
            expect({ snapshot, returns }).toEqual({ snapshot: was.performance.snapshot, returns: was.performance.returns });
            expect([...cells].sort(byAgent)).toEqual([...was.performance.cells].sort(byAgent));
            expect([...loads].sort(byAgent)).toEqual([...was.performance.loads].sort(byAgent));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('puts a round of many parts together', () => {
    const agents = Array.from({ length: 2_000 }, (_, nth) =>
      anAgent(`agent-${String(nth).padStart(5, '0')}`, { skills: { [`skill-${nth}`]: 3 } }),
    );
    const tickets = Array.from({ length: 200 }, (_, nth) =>
      aTicket(`ticket-${nth}`, { excludedAgentIds: agents.slice(0, 200).map(({ agentId }) => agentId) }),
    );
    const drafts = [
      ...recordPerformance('default', {
        snapshot: 1,
        asOf: NOW.toISOString(),
        checkpoint: true,
        cells: [],
        loads: [],
        returns: { tickets: 0, minutes: 0 },
      }),
      ...recordRound('default', {
        round: 1,
        seed: 1,
        now: NOW.toISOString(),
        checkpoint: true,
        tickets,
        agents,
        removedAgentIds: [],
        passing: new Map(),
        policy: { name: 'standard', version: 1 },
        configuration: 1,
        members: ['routing-policy/standard@1'],
        performanceSnapshot: 1,
        proposals: [{ ticketId: 'ticket-0', agentId: 'agent-00000', score: 0.5 }],
      }),
    ];
    expect(drafts.length).toBeGreaterThan(3);
    const [round] = told(new RoundLog(), asRead(drafts));
    expect(round).toMatchObject({ agents, tickets });
    for (let from = 2; from < 2 * drafts.length; from += 2) expect(told(new RoundLog(), asRead(drafts).slice(from))).toEqual([]);
  });
});

describe('a round decided again', () => {
  // As a topic brings it and as a database does: the same fields in another order.
  const skills = { accounting: 2, vat: 2, refunds: 1 };
  const weights = { skill: 0.9, language: 0.3, workload: 0.7, idle: 0.1, speed: 0.6, satisfaction: 0.2, resolution: 0.4, familiarity: 0.8 };
  const turned = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
  const policyOf = (turn: <T extends object>(value: T) => T) => ({ ...aPolicy(), weights: { standard: turn(weights) } });
  const categoryOf = (turn: <T extends object>(value: T) => T) =>
    aCategory({ requiredSkills: turn(skills), preferredSkills: turn({ law: 3, tone: 2, maths: 5 }) });

  it('says the same bytes, whatever the order in which configuration and experience were kept', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            level: fc.integer({ min: 1, max: 5 }),
            minutes: fc.double({ min: 1, max: 90, noNaN: true }),
            tickets: fc.double({ min: 0.1, max: 90, noNaN: true }),
          }),
          { minLength: 2, maxLength: 12 },
        ),
        (people) => {
          const agents = people.map(({ level }, nth) =>
            anAgent(`agent-${nth}`, { skills: { accounting: level, vat: 6 - level, refunds: 1, law: level, tone: 1, maths: 3 } }),
          );
          const cells = people.flatMap(({ minutes, tickets }, nth) =>
            ['billing', 'other', 'third'].map((category) => aCell(`agent-${nth}`, category, minutes, { tickets })),
          );
          const loads = people.map(({ minutes }, nth) => ({
            agentId: `agent-${nth}`,
            perMinute: 0.01,
            busyShare: minutes / 100,
            atMs: NOW.getTime() - 60_000,
          }));
          const tickets = Array.from({ length: 5 }, (_, nth) =>
            aTicket(`ticket-${nth}`, { category: 'billing', recentAgentIds: ['agent-1'] }),
          );
          const learned = new Learned(
            [...cells].reverse(),
            8,
            loads.map((load) => loadAt(load, NOW.getTime())),
            { tickets: 3, minutes: 90 },
          );
          const policy = { name: 'standard', version: 3 };
          const matched = match(
            tickets,
            agents,
            decidingBy({ policy: policyOf(turned), categories: { billing: categoryOf(turned) }, learned }),
            NOW,
            9,
          );
          fc.pre(matched.proposals.length > 0);
          const drafts = [
            ...recordPerformance('default', {
              snapshot: 1,
              asOf: NOW.toISOString(),
              checkpoint: true,
              cells,
              loads,
              returns: { tickets: 3, minutes: 90 },
            }),
            ...recordRound('default', {
              round: 9,
              seed: 9,
              now: NOW.toISOString(),
              checkpoint: true,
              tickets,
              agents,
              removedAgentIds: [],
              passing: new Map(),
              policy,
              configuration: 4,
              members: ['routing-policy/standard@3', 'category/billing@2'],
              performanceSnapshot: 1,
              proposals: placedIn(matched),
            }),
          ];
          const [round] = told(new RoundLog(), asRead(drafts));
          const contents: { [key: string]: unknown } = {
            'routing-policy/standard@3': policyOf((value) => value),
            'category/billing@2': categoryOf((value) => value),
          };
          const again = new RoundReplay((key) => contents[key]).again(round!);
          const decidedIn = { domain: 'default', round: 9, policy, now: NOW };
          const said = (from: typeof matched) => from.proposals.map((proposed) => proposalOf(proposed, 'id', decidedIn));
          expect(JSON.stringify(said(again))).toBe(JSON.stringify(said(matched)));
          expect(JSON.stringify(placedIn(again))).toBe(JSON.stringify(round!.proposals));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('names the record of configuration that is gone', () => {
    const { drafts } = recordAll([{ kind: 'round', checkpoint: true, changes: [], passing: [], snapshotsAgo: 0, bundle: 1 }]);
    const [round] = told(new RoundLog(), asRead(drafts));
    expect(() => new RoundReplay(() => undefined).again(round!)).toThrow("'routing-policy/standard@2'");
  });
});

it('the first difference is named by its path', () => {
  const recorded = { a: 1, top: [{ score: 0.5 }, { score: 0.4, who: 'x' }], gone: undefined };
  expect(firstDifference(recorded, { a: 1, top: [{ score: 0.5 }, { score: 0.4, who: 'x' }] })).toBeUndefined();
  expect(firstDifference(recorded, { a: 1, top: [{ score: 0.5 }, { score: 0.3, who: 'x' }] })).toEqual({
    path: 'top[1].score',
    recorded: '0.4',
    again: '0.3',
  });
  expect(firstDifference(recorded, { ...recorded, more: true })).toMatchObject({ path: 'more', recorded: '(absent)' });
  expect(firstDifference({ a: 1, b: 2 }, { b: 2, a: 1 })).toMatchObject({ path: '(whole)' });
});
