import type { DonorLevel } from '@signalbox/contracts';
import * as fc from 'fast-check';
import { ago, anAgent, aPolicy, aTicket, decidingBy, NOW } from '../../test/a-round.js';
import { Idleness } from './idle.js';
import { match } from './match.js';
import { keepingDonors, levelsAsked, shareInTime } from './overflow.js';

const asked = { queueId: 'billing', withinMinutes: 10, overMinutes: 60 };
const level = (assigned: number, assignedWithin: number, waitingLonger = 0): DonorLevel => ({
  ...asked,
  assigned,
  assignedWithin,
  waitingLonger,
});
const rule = (fields: object = {}) => ({ from: 'general', to: ['billing'], afterSeconds: 60, donorWaitMinutesMax: 30, ...fields });
const guarded = rule({ donorServiceLevel: { share: 0.8, withinMinutes: 10, overMinutes: 60 } });
const policyWith = (...overflow: object[]) => aPolicy({ overflow });
const keeps = (donors: readonly DonorLevel[], tickets = [aTicket('t')]): string | undefined =>
  keepingDonors(tickets, policyWith(guarded), donors, NOW)[0]!.get('billing');

describe('a donor’s service level', () => {
  it('is the share given to an agent in time, of those given and those that wait longer than that', () => {
    expect(shareInTime(level(40, 34, 2))).toBeCloseTo(34 / 42);
    expect(shareInTime(level(0, 0, 20))).toBe(0);
    expect(shareInTime(level(20, 20))).toBe(1);
  });

  it('lets one or two late ones of few close nothing: what is missing to ten counts as in time', () => {
    expect(shareInTime(level(0, 0))).toBe(1);
    expect([1, 2, 3].map((late) => keeps([level(3, 3 - late)]) === undefined)).toEqual([true, true, false]);
    expect([1, 2, 3].map((late) => keeps([level(0, 0, late)]) === undefined)).toEqual([true, true, false]);
  });

  it('holds at exactly the share that is asked, beside the longest wait', () => {
    expect(keeps([level(20, 16)])).toBeUndefined();
    expect(keeps([level(20, 15)])).toBe('queue billing keeps its agents: service level below 80 %');
    const late = aTicket('own', { queueId: 'billing', firstQueuedAt: ago(31) });
    expect(keeps([level(20, 20)], [late])).toBe('queue billing keeps its agents: a ticket has waited 30 min');
  });

  it('is taken to hold where nobody counted it, or counted something else', () => {
    expect(keeps([])).toBeUndefined();
    expect(keeps([{ ...level(20, 0), withinMinutes: 5 }])).toBeUndefined();
  });

  it('never opens by one more that is late, nor closes by one more in time', () => {
    const anyLevel = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map(([inTime, late, waiting]) => level(inTime + late, inTime, waiting));
    fc.assert(
      fc.property(anyLevel, (one) => {
        const share = shareInTime(one);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(shareInTime({ ...one, assigned: one.assigned + 1 })).toBeLessThanOrEqual(share);
        expect(shareInTime({ ...one, waitingLonger: one.waitingLonger + 1 })).toBeLessThanOrEqual(share);
        expect(shareInTime({ ...one, assigned: one.assigned + 1, assignedWithin: one.assignedWithin + 1 })).toBeGreaterThanOrEqual(share);
      }),
    );
  });

  it('is asked for once, however many rules look at it, and of nobody where none does', () => {
    expect(levelsAsked(policyWith(rule()))).toEqual([]);
    expect(levelsAsked(policyWith(guarded, rule(), { ...guarded, from: 'technical' }))).toEqual([asked]);
  });
});

describe('a ticket whose queue is helped out', () => {
  const agents = [
    anAgent('own', { unitsUsed: 4 }),
    anAgent('donor', { queueIds: ['billing'] }),
    anAgent('declined', { queueIds: ['billing'] }),
    anAgent('other', { queueIds: ['technical'] }),
  ];
  const ticket = aTicket('t', { relaxFrom: ago(2), excludedAgentIds: ['declined'] });
  const deciding = (donors: DonorLevel[], ...overflow: object[]) => ({ ...decidingBy({ policy: policyWith(...overflow) }), donors });

  it('gets the donor’s agent while the level holds, and is told why not while it does not', () => {
    expect(match([ticket], agents, deciding([level(20, 16)], guarded), NOW).proposals).toMatchObject([{ agentId: 'donor' }]);
    const { waiting } = match([ticket], agents, deciding([level(20, 15)], guarded), NOW);
    expect(waiting).toMatchObject([
      {
        reasons: [
          { reason: 'excluded for this ticket', agents: 1 },
          { reason: 'no room', agents: 1 },
          { reason: 'not in queue general', agents: 1 },
          { reason: 'queue billing keeps its agents: service level below 80 %', agents: 1 },
        ],
      },
    ]);
  });

  it('is helped out by a rule that does not look at the level', () => {
    expect(match([ticket], agents, deciding([level(20, 0)], guarded, rule()), NOW).proposals).toMatchObject([{ agentId: 'donor' }]);
  });

  it('is why a donor’s agent who asks gets nothing', () => {
    const by = deciding([level(20, 15)], guarded);
    expect(new Idleness([ticket], agents, by, NOW, new Map()).whyNothingFor('donor')).toEqual([
      { reason: 'queue billing keeps its agents: service level below 80 %', tickets: 1 },
    ]);
  });
});
