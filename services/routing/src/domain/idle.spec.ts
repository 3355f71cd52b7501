import { aCategory, aCell, ago, anAgent, aPolicy, aTicket, decidingBy, NOW, passing } from '../../test/a-round.js';
import { Idleness } from './idle.js';
import { Learned } from './learning.js';
import type { MatchPolicy } from './match.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

/** Why `idle`, one of two, has no work. */
function why(
  fields: Partial<CandidateAgent>,
  {
    tickets = [aTicket('t')],
    by = decidingBy(),
    mine = {},
  }: { tickets?: WaitingTicket[]; by?: MatchPolicy; mine?: Partial<Passing> | undefined } = {},
) {
  const agents = [anAgent('other', { skills: { accounting: 5 } }), anAgent('idle', fields)];
  return new Idleness(tickets, agents, by, NOW, passing({ idle: mine })).explain('idle');
}

describe('an agent without work', () => {
  it('is kept from any ticket by presence, rotation, shift, fairness or room, before a ticket is looked at', () => {
    expect(why({ presence: 'offline' })).toEqual({ why: 'offline' });
    expect(why({ presence: 'away', inRotation: false })).toEqual({ why: 'away' });
    expect(why({ onShift: false })).toEqual({ why: 'not-on-shift' });
    expect(why({ inRotation: false })).toEqual({ why: 'out-of-rotation' });
    const shifts = decidingBy({ policy: aPolicy({ shiftEndMinutes: 30 }) });
    expect(why({ shiftEndsAt: ago(-29) }, { by: shifts })).toEqual({ why: 'shift-ends' });
    expect(why({ shiftEndsAt: ago(-31) }, { by: shifts })).toMatchObject({ why: 'nothing-fits' });
    const fair = decidingBy({ policy: aPolicy({ fairness: { ticketsMax: 2, windowMinutes: 60 } }) });
    expect(why({}, { by: fair, mine: { ticketsInWindow: 2 } })).toEqual({ why: 'fairness-cap' });
    expect(why({ unitsUsed: 4 })).toEqual({ why: 'no-room' });
    expect(new Idleness([], [anAgent('other')], decidingBy(), NOW, new Map()).explain('idle')).toEqual({ why: 'unknown-agent' });
  });

  it('has no room while a proposal in flight has taken the last of it', () => {
    expect(why({ unitsUsed: 3 }, { mine: { units: 1 } })).toEqual({ why: 'no-room' });
    expect(why({ unitsUsed: 3 }, { mine: { interruptibleUnits: 1 } })).toEqual({ why: 'no-room' });
  });

  it('has room as long as one of two pools has', () => {
    const second = { unitsUsed: 4, interruptibleUnitsMax: 2 };
    expect(why(second)).toEqual({ why: 'nothing-fits', reasons: [{ reason: 'no room', tickets: 1 }] });
    expect(why(second, { mine: { interruptibleUnits: 2 } })).toEqual({ why: 'no-room' });
  });

  it('is told that nothing waits, and otherwise what each ticket lacks in them, counted', () => {
    expect(why({}, { tickets: [] })).toEqual({ why: 'nothing-waits' });
    const by = decidingBy({ categories: { dispute: aCategory({ requiredSkills: { accounting: 3 } }) } });
    const tickets = [
      aTicket('t1', { category: 'dispute' }),
      aTicket('t2', { category: 'dispute' }),
      aTicket('t3', { excludedAgentIds: ['idle'] }),
      aTicket('t4', { units: 5 }),
      aTicket('t5', { channel: 'chat' }),
    ];
    expect(why({ channelUnitsMax: { chat: 0 } }, { tickets, by })).toEqual({
      why: 'nothing-fits',
      reasons: [
        { reason: 'accounting below 3', tickets: 2 },
        { reason: 'excluded for this ticket', tickets: 1 },
        { reason: 'no room', tickets: 1 },
        { reason: 'no room for chat', tickets: 1 },
      ],
    });
  });

  it('of whom nobody knows is told of no ticket', () => {
    expect(new Idleness([aTicket('t')], [anAgent('other')], decidingBy(), NOW, new Map()).whyNothingFor('nobody')).toEqual([]);
  });

  it('is told what is kept from them though they could take it', () => {
    const reasonFor = (...parameters: Parameters<typeof why>) => why(...parameters).reasons;
    const sticky = decidingBy({ policy: aPolicy({ stickySeconds: 60 }) });
    expect(reasonFor({}, { by: sticky, tickets: [aTicket('t', { recentAgentIds: ['other'] })] })).toEqual([
      { reason: 'kept for who knows the customer', tickets: 1 },
    ]);
    expect(reasonFor({}, { by: sticky, tickets: [aTicket('t', { recentAgentIds: ['idle'] })] })).toEqual([
      { reason: 'for the next round to decide', tickets: 1 },
    ]);
    const soon = decidingBy({
      policy: aPolicy({ startWithinMinutes: 5, weights: { standard: { resolution: 1 } } }),
      learned: new Learned([aCell('idle', 'technical', 60)], 8),
      categories: { technical: aCategory() },
    });
    expect(reasonFor({}, { by: soon })).toEqual([{ reason: 'kept for a better agent', tickets: 1 }]);
    expect(reasonFor({ work: ['technical'] }, { by: soon })).toEqual([{ reason: 'other work first', tickets: 1 }]);
  });
});
