import type { SeenEvent } from './facts.ts';
import { handOversIn } from './happened.ts';

const said = (type: string, data: Record<string, unknown> = {}) => ({ type, data }) as unknown as SeenEvent;

it('counts what went between people, and names what did not happen at all', () => {
  const counts = handOversIn([
    said('OfferMade', { rescue: true }),
    said('OfferMade'),
    said('TicketAssigned', { how: 'forced', overAssigned: true }),
    said('TicketAssigned', { how: 'forced' }),
    said('TicketTransferred', { why: 'requested', to: { agentId: 'ben', queueId: 'billing' } }),
    said('TicketTransferred', { why: 'requested', to: { queueId: 'billing' } }),
    said('TicketTransferred', { why: 'attempts-exhausted', to: { queueId: 'supervisors' } }),
  ]);
  expect(counts).toMatchObject({ 'rescues offered': 1, 'forced on an agent': 2, 'over-assigned': 1, rescued: 0, pulled: 0 });
  expect(counts).toMatchObject({ 'handed to a colleague': 1, 'handed to a queue or to skills': 1, 'wrap-ups ended by time': 0 });
});
