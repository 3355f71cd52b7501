import { check, type ViolationKind } from './checker.ts';
import type { Facts, SeenEvent } from './facts.ts';

const NOW = '2026-11-24T09:00:00.000Z';
type Story = (Partial<SeenEvent> & { type: string; data?: Record<string, unknown> })[];

/** Events of one ticket on one topic, numbered 1, 2, 3 …, as its writer would. */
const on = (topic: string, subject: string, story: Story): SeenEvent[] =>
  story.map((event, index) => ({
    topic,
    subject,
    partition: 0,
    offset: index,
    version: index + 1,
    id: `${topic}/${subject}/${index + 1}`,
    contentHash: `${topic} ${subject} ${index + 1}`,
    data: {},
    ...event,
  }));

const ticket = (status: string, agentId: string | null = null, offeredTo: string | null = null) => ({
  status,
  agentId,
  offer: offeredTo === null ? null : { offerId: 'offer-1', agentId: offeredTo, expiresAt: NOW },
});
const load = (agentVersion: number, unitsBefore: number, units: number, cause: string, unitsMax = 2) => ({
  agentId: 'ana',
  agentVersion,
  unitsBefore,
  units,
  unitsMax,
  cause,
});

const received = on('signalbox.intake', 't1', [{ type: 'TicketReceived', data: { fields: { submission: 'key-1' } } }]);
const requested = on('signalbox.console', 't1', [
  { type: 'AcceptRequested', id: 'request-1', data: { offerId: 'offer-1' } },
  { type: 'ReplyWritten', id: 'request-2', data: {} },
]);
const offered = {
  type: 'OfferMade',
  data: { ticket: ticket('open', null, 'ana'), load: load(1, 0, 1, 'offered'), proposalId: 'proposal-1', agentId: 'ana' },
};
const assigned = {
  type: 'TicketAssigned',
  causationId: 'request-1',
  data: { ticket: ticket('open', 'ana'), load: load(2, 1, 1, 'accepted'), proposalId: 'proposal-1', how: 'accepted', agentId: 'ana' },
};
const replied = { type: 'ReplyReleased', causationId: 'request-2', data: { ticket: ticket('open', 'ana'), messageId: 'm-2' } };
const solved = {
  type: 'TicketSolved',
  causationId: 'request-2',
  data: { ticket: ticket('solved', 'ana'), load: load(3, 1, 0, 'solved') },
};
const worked = (...story: Story) => on('signalbox.assignment', 't1', story);

/** A run in which every promise was kept: received, offered, accepted, answered, solved. */
const clean: Facts = {
  events: [...received, ...requested, ...worked(offered, assigned, replied, solved)],
  deadLetters: [],
  unreadable: [],
  submissions: [{ key: 'key-1', ticketIds: ['t1', 't1'] }],
  tickets: [{ ticketId: 't1', status: 'solved', agentId: 'ana', offerAgentId: null }],
  holds: [],
  messaging: [{ service: 'assignment', outboxRows: 0, deadLetters: [] }],
};
const kinds = (facts: Partial<Facts>): ViolationKind[] => [...new Set(check({ ...clean, ...facts }).map(({ kind }) => kind))].sort();
const without = (...types: string[]): SeenEvent[] => clean.events.filter((event) => !types.includes(event.type));

describe('the checker of a fault run', () => {
  it('finds nothing in a run that kept every promise', () => expect(check(clean)).toEqual([]));

  it('takes a record published twice for one', () => {
    const again = clean.events.map((event) => ({ ...event, offset: event.offset + 100 }));
    expect(check({ ...clean, events: [...clean.events, ...again] })).toEqual([]);
  });

  it('lets a compacted topic leave out versions', () => {
    const states = on('signalbox.tickets', 't1', [{ type: 'TicketState' }, { type: 'TicketState', version: 7 }]);
    expect(check({ ...clean, events: [...clean.events, ...states] })).toEqual([]);
  });

  describe('finds lost', () => {
    it('an acknowledged ticket that was never received', () =>
      expect(kinds({ submissions: [...clean.submissions, { key: 'key-2', ticketIds: ['t2'] }] })).toEqual(['lost']));

    const another = { ...received[0]!, subject: 't2', id: 'other', offset: 50, data: {} };
    const told = { submissions: [...clean.submissions, { key: 'key-2', ticketIds: ['t2'] }], events: [...clean.events, another] };
    it('a ticket nobody speaks of after its reception', () => expect(kinds(told)).toEqual(['lost']));
    it('not a ticket of which routing says why it waits', () => {
      const queued = on('signalbox.routing', 't2', [{ type: 'TicketQueued' }]);
      expect(kinds({ ...told, events: [...told.events, ...queued] })).toEqual([]);
    });
    it('not a ticket that was answered automatically', () => {
      const answered = on('signalbox.assignment', 't2', [
        { type: 'AnswerReleased', data: { ticket: ticket('pending'), messageId: 'm-9' } },
      ]);
      expect(kinds({ ...told, events: [...told.events, ...answered] })).toEqual([]);
    });
    it('not a ticket that lies in the dead letters for all to see', () => {
      const letter = {
        topic: 'signalbox.routing.dead-letters',
        partition: 0,
        offset: 0,
        subject: 't2',
        originalTopic: 'x',
        reason: 'poison',
      };
      expect(kinds({ ...told, deadLetters: [letter] })).toEqual(['dead-letter']);
    });
  });

  it('finds a request without an outcome', () => {
    const asked = on('signalbox.console', 't1', [{ type: 'SolveRequested', id: 'request-9', version: 3, offset: 9 }]);
    expect(kinds({ events: [...clean.events, ...asked] })).toEqual(['unanswered-request']);
  });

  describe('finds two owners', () => {
    const toBen = {
      type: 'TicketAssigned',
      data: { ticket: ticket('open', 'ben'), proposalId: 'proposal-2', how: 'automatic', agentId: 'ben' },
    };
    it('when a ticket is assigned while somebody owns it', () =>
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, toBen, replied, solved)] })).toEqual(['two-owners']));
    it('when it is offered while another offer stands', () => {
      const second = { type: 'OfferMade', data: { ticket: ticket('open', null, 'ana'), proposalId: 'proposal-2', agentId: 'ben' } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, second, assigned, replied, solved)] })).toEqual(['two-owners']);
    });
    it('when it is answered by itself while somebody owns it', () => {
      const answer = { type: 'AnswerReleased', data: { ticket: ticket('open', 'ana'), messageId: 'm-9' } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, answer, replied, solved)] })).toEqual(['two-owners']);
    });
    it('in two holds of one ticket, a hold of a stranger, and an owner without one', () => {
      const hold = { ticketId: 't1', agentId: 'ana', units: 1, state: 'assigned' as const };
      const open = { tickets: [{ ticketId: 't1', status: 'open', agentId: 'ana', offerAgentId: null }] };
      expect(kinds({ ...open, holds: [hold] })).toEqual([]);
      expect(kinds({ ...open, holds: [hold, { ...hold, agentId: 'ben' }] })).toEqual(['two-owners']);
      expect(kinds({ ...open, holds: [{ ...hold, agentId: 'ben' }] })).toEqual(['two-owners']);
      expect(kinds({ ...open, holds: [] })).toEqual(['two-owners']);
      expect(kinds({ holds: [hold] })).toEqual(['two-owners']);
    });
    it('not in a release and a new owner', () => {
      const released = { type: 'TicketReleased', data: { ticket: ticket('open'), load: load(3, 1, 0, 'released') } };
      const solvedByBen = { type: 'TicketSolved', causationId: 'request-2', data: { ticket: ticket('solved', 'ben') } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, released, toBen, solvedByBen)] })).toEqual([]);
    });
  });

  describe('finds over capacity', () => {
    const withLoad = (change: object) => {
      const grant = { ...offered, data: { ...offered.data, load: change } };
      return [...received, ...requested, ...worked(grant, { ...assigned, data: { ...assigned.data, load: undefined } }, replied)];
    };
    it('an automatic grant beyond the limit', () =>
      expect(kinds({ events: withLoad(load(1, 0, 3, 'offered')) })).toEqual(['over-capacity']));
    it('not what a person decided', () => expect(kinds({ events: withLoad(load(1, 0, 3, 'reopened')) })).toEqual([]));
    it('a load that does not begin where the last one ended', () => {
      const leap = { ...solved, data: { ...solved.data, load: load(3, 2, 1, 'solved') } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, replied, leap)] })).toEqual(['over-capacity']);
    });
    it('two changes under one version of the agent', () => {
      const same = { ...solved, data: { ...solved.data, load: load(2, 1, 0, 'solved') } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, replied, same)] })).toEqual(['over-capacity']);
    });
  });

  describe('finds an effect that happened twice', () => {
    it('in two contents under one id', () => {
      const other = { ...clean.events[0]!, offset: 90, contentHash: 'different' };
      expect(kinds({ events: [...clean.events, other] })).toEqual(['effect-twice']);
    });
    it('in two contents under one version', () => {
      const other = { ...clean.events[0]!, id: 'another id', offset: 90, contentHash: 'different' };
      expect(kinds({ events: [...clean.events, other] })).toEqual(['effect-twice']);
    });
    it('in two tickets of one submission', () => {
      const second = { ...received[0]!, subject: 't2', id: 'other', offset: 50 };
      expect(kinds({ events: [...clean.events, second] })).toEqual(['effect-twice']);
    });
    it('in two tickets told to one sender', () => {
      const second = { ...received[0]!, subject: 't2', id: 'other', offset: 50, data: {} };
      const queued = on('signalbox.routing', 't2', [{ type: 'TicketQueued' }]);
      expect(kinds({ events: [...clean.events, second, ...queued], submissions: [{ key: 'key-1', ticketIds: ['t1', 't2'] }] })).toEqual([
        'effect-twice',
      ]);
    });
    it('in two outcomes of one request', () => {
      const refused = { type: 'RequestRefused', causationId: 'request-2', data: { ticket: ticket('solved', 'ana') } };
      expect(kinds({ events: [...clean.events, ...worked(offered, assigned, replied, solved, refused).slice(4)] })).toEqual([
        'effect-twice',
      ]);
    });
    it('in a ticket solved again without a reopening, but not after one', () => {
      const again = { type: 'TicketSolved', data: { ticket: ticket('solved', 'ana') } };
      const reopened = { type: 'TicketReopened', data: { ticket: ticket('open', 'ana') } };
      const story = (...more: Story) => [...received, ...requested, ...worked(offered, assigned, replied, solved, ...more)];
      expect(kinds({ events: story(again) })).toEqual(['effect-twice']);
      expect(kinds({ events: story(reopened, again) })).toEqual([]);
    });
    it('in two verdicts about one ticket', () => {
      const verdicts = on('signalbox.knowledge-base', 't1', [{ type: 'NoAnswer' }, { type: 'AnswerProposed' }]);
      expect(kinds({ events: [...clean.events, ...verdicts] })).toEqual(['effect-twice']);
    });
    it('in one proposal granted twice', () => {
      const expired = { type: 'OfferExpired', data: { ticket: ticket('open'), load: load(2, 1, 0, 'expired'), offerId: 'offer-0' } };
      const again = { ...offered, data: { ...offered.data, load: load(3, 0, 1, 'offered') } };
      const accepted = { ...assigned, data: { ...assigned.data, load: load(4, 1, 1, 'accepted') } };
      const end = { ...solved, data: { ...solved.data, load: load(5, 1, 0, 'solved') } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, expired, again, accepted, replied, end)] })).toEqual([
        'effect-twice',
      ]);
    });
  });

  it('finds a version that is missing, and one that comes too late', () => {
    expect(kinds({ events: [...without('TicketReceived'), { ...received[0]!, version: 2 }] })).toEqual(['version-gap']);
    const swapped = on('signalbox.sla-escalation', 't1', [
      { type: 'ClocksChanged', version: 2 },
      { type: 'ClocksChanged', version: 1 },
    ]);
    expect(kinds({ events: [...clean.events, ...swapped] })).toEqual(['version-gap']);
    const backwards = on('signalbox.agents', 'ana', [
      { type: 'AgentState', version: 5 },
      { type: 'AgentState', version: 4 },
    ]);
    expect(kinds({ events: [...clean.events, ...backwards] })).toEqual(['version-gap']);
  });

  it('finds rows that were never published, letters in a database, and records nobody can read', () => {
    expect(kinds({ messaging: [{ service: 'routing', outboxRows: 3, deadLetters: [] }] })).toEqual(['stuck-outbox']);
    const letter = { state: 'open', topic: 'signalbox.intake', subject: 't1', reason: 'failed 5 times' };
    expect(kinds({ messaging: [{ service: 'routing', outboxRows: 0, deadLetters: [letter] }] })).toEqual(['dead-letter']);
    expect(kinds({ unreadable: ['signalbox.intake[0]@7'] })).toEqual(['unreadable']);
  });
});
