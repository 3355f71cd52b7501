import { rate, scoreFrom, type RatedTicket } from './rating.js';

const now = new Date('2026-11-24T10:00:00.000Z');
const solved = (parts: Partial<RatedTicket> = {}): RatedTicket => ({
  ticketId: 't-1',
  wasSolved: true,
  solvedByAgentId: 'ana',
  rating: null,
  ...parts,
});

describe('rate', () => {
  it('says the score and who had solved the ticket', () => {
    const { ticket, events } = rate(solved(), 5, now);
    expect(events).toMatchObject([{ type: 'SatisfactionRated', data: { score: 5, agentId: 'ana', ratedAt: now.toISOString() } }]);
    expect(ticket.rating).toEqual({ score: 5, agentId: 'ana' });
  });

  it('says nothing when the same rating is given again', () => {
    expect(rate(rate(solved(), 5, now).ticket, 5, now)).toMatchObject({ outcome: 'rated', events: [] });
  });

  it('lets the latest rating win', () => {
    expect(rate(rate(solved(), 2, now).ticket, 4, now).events).toMatchObject([{ data: { score: 4 } }]);
  });

  it('takes the same score for another agent’s later solution', () => {
    const rated = rate(solved(), 5, now).ticket;
    expect(rate({ ...rated, solvedByAgentId: 'ben' }, 5, now).events).toMatchObject([{ data: { score: 5, agentId: 'ben' } }]);
  });

  it('names nobody where no person solved it', () => {
    const [event] = rate(solved({ solvedByAgentId: null }), 1, now).events;
    expect(event!.data).toEqual({ score: 1, ratedAt: now.toISOString() });
  });

  it('refuses a ticket that was never solved', () => {
    expect(rate(solved({ wasSolved: false, solvedByAgentId: null }), 5, now)).toMatchObject({ outcome: 'not-solved', events: [] });
  });
});

describe('scoreFrom', () => {
  it.each([1, 5, '1', '5'])('reads %p', (value) => expect(scoreFrom(value)).toBe(Number(value)));
  it.each([0, 6, 2.5, '', '05', '5 ', 'five', null, undefined, true, [5], {}])('refuses %p', (value) =>
    expect(scoreFrom(value)).toBeUndefined(),
  );
});
