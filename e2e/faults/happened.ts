import type { SeenEvent } from './facts.ts';

const is =
  (type: string, about: Readonly<Record<string, unknown>> = {}) =>
  (event: SeenEvent): boolean =>
    event.type === type && Object.entries(about).every(([field, value]) => event.data[field] === value);
const toOf = ({ data }: SeenEvent) => (data['to'] ?? {}) as { agentId?: string; skills?: object };

/** What people do with tickets between them, and clocks with people, by what the topics say of it. A round that lacks one has tested less than it claims. */
const KINDS: Readonly<Record<string, (event: SeenEvent) => boolean>> = {
  'offers confirmed': is('OfferDelivered'),
  'offers taken back unconfirmed': is('OfferRescinded', { why: 'not-delivered' }),
  'rescues offered': is('OfferMade', { rescue: true }),
  rescued: is('TicketReleased', { why: 'rescue' }),
  pulled: is('TicketAssigned', { how: 'pulled' }),
  'handed to a colleague': (event) => is('TicketTransferred', { why: 'requested' })(event) && toOf(event).agentId !== undefined,
  'handed to a queue or to skills': (event) => is('TicketTransferred', { why: 'requested' })(event) && toOf(event).agentId === undefined,
  'refused to be handed on once more': is('RequestRefused', { why: 'transfers-exhausted' }),
  'forced on an agent': is('TicketAssigned', { how: 'forced' }),
  'forced from one agent to another': is('TicketReleased', { why: 'reassigned' }),
  merged: is('TicketMerged'),
  warned: is('SlaWarned'),
  escalated: is('TicketEscalated'),
  'over-assigned': is('TicketAssigned', { overAssigned: true }),
  'wrap-ups ended by their agent': is('WrapUpEnded', { how: 'agent' }),
  'wrap-ups ended by time': is('WrapUpEnded', { how: 'time' }),
};

/** How often each of it happened. */
export const handOversIn = (events: readonly SeenEvent[]): Record<string, number> =>
  Object.fromEntries(Object.entries(KINDS).map(([what, fits]) => [what, events.filter(fits).length]));
