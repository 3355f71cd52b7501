import { allTopics, eventsOn } from '@signalbox/contracts';
import { check, type ViolationKind } from './checker.ts';
import type { Facts, MessagingRows, SeenEvent, TicketRow } from './facts.ts';

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

const received = on('signalbox.intake', 't1', [
  { type: 'TicketReceived', data: { fields: { submission: 'key-1' } } },
  { type: 'MessageDelivered', data: { messageId: 'm-2', providerMessageId: '<m-2@example.org>' } },
]);
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
const delivered = (messageId: string, subject: string, version = 2) =>
  on('signalbox.intake', subject, [{ type: 'MessageDelivered', version, id: messageId, offset: version + 60, data: { messageId } }]);
const hold = { ticketId: 't1', agentId: 'ana', units: 1, state: 'assigned' as const };

const typesOn = (...topics: string[]): string[] =>
  allTopics()
    .filter((topic) => topics.includes(topic.name))
    .flatMap(eventsOn)
    .map(({ type }) => type);
const HANDLES = {
  assignment: typesOn('signalbox.intake', 'signalbox.console'),
  console: [...typesOn('signalbox.intake', 'signalbox.assignment', 'signalbox.agents'), 'NextAnswered'],
};

/** Databases in which all of these events are. */
function databasesOf(events: readonly SeenEvent[]): Pick<Facts, 'tickets' | 'consoleTickets' | 'history' | 'messaging'> {
  const rows = new Map<string, TicketRow>();
  for (const { topic, subject, data } of [...events].sort((a, b) => a.version - b.version)) {
    if (topic !== 'signalbox.assignment') continue;
    const { status, agentId, offer } = data['ticket'] as ReturnType<typeof ticket>;
    rows.set(subject, { ticketId: subject, status, agentId, offerAgentId: offer?.agentId ?? null });
  }
  const messaging = (Object.keys(HANDLES) as (keyof typeof HANDLES)[]).map((service): MessagingRows => {
    const own = allTopics().flatMap((topic) => (topic.writer === service ? [topic.name as string] : []));
    const versions = events
      .filter(({ topic, type }) => own.includes(topic) || HANDLES[service].includes(type))
      .sort((a, b) => a.version - b.version);
    return { service, outboxRows: 0, handles: HANDLES[service], versions, deadLetters: [] };
  });
  const history = events
    .filter(({ topic }) => topic === 'signalbox.intake' || topic === 'signalbox.assignment')
    .map(({ topic, subject: ticketId, version }) => ({ topic, ticketId, version }));
  return { tickets: [...rows.values()], consoleTickets: [...rows.values()], history, messaging };
}

/** A run in which every promise was kept: received, offered, accepted, answered, solved. */
const events = [...received, ...requested, ...worked(offered, assigned, replied, solved)];
const clean: Facts = {
  events,
  deadLetters: [],
  unreadable: [],
  submissions: [{ key: 'key-1', ticketIds: ['t1', 't1'] }],
  requests: ['request-1', 'request-2'],
  unitsMax: { ana: 2, ben: 2 },
  transfersMax: 1,
  holds: [],
  mails: ['<m-2@example.org>', '<m-2@example.org>'],
  ...databasesOf(events),
};
/** What the checker finds in the clean run with these changes; databases follow changed events unless they are changed themselves. */
const kinds = (change: Partial<Facts>): ViolationKind[] => {
  const facts = { ...clean, ...databasesOf(change.events ?? events), ...change };
  return [...new Set(check(facts).map(({ kind }) => kind))].sort();
};
const without = (...types: string[]): SeenEvent[] => events.filter((event) => !types.includes(event.type));
const inMessaging = (service: string, change: (rows: MessagingRows) => Partial<MessagingRows>): Pick<Facts, 'messaging'> => ({
  messaging: clean.messaging.map((rows) => (rows.service === service ? { ...rows, ...change(rows) } : rows)),
});

describe('the checker of a fault run', () => {
  it('finds nothing in a run that kept every promise', () => expect(check(clean)).toEqual([]));

  it('takes a record published twice for one', () => {
    const again = clean.events.map((event) => ({ ...event, offset: event.offset + 100 }));
    expect(check({ ...clean, events: [...clean.events, ...again] })).toEqual([]);
  });

  it('lets a compacted topic leave out versions', () => {
    const state = { type: 'TicketState', data: { status: 'solved', agentId: 'ana' } };
    expect(kinds({ events: [...events, ...on('signalbox.tickets', 't1', [state, { ...state, version: 7 }])] })).toEqual([]);
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
      expect(kinds({ ...told, events: [...told.events, ...answered, ...delivered('m-9', 't2')], mails: undefined })).toEqual([]);
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

    it('a request that an agent was told had been taken', () =>
      expect(kinds({ requests: [...clean.requests, 'request-3'] })).toEqual(['lost']));
    it('a released message that nobody sent', () => expect(kinds({ events: without('MessageDelivered'), mails: [] })).toEqual(['lost']));
    it('a sent mail that never arrived', () => {
      expect(kinds({ mails: [] })).toEqual(['lost']);
      expect(kinds({ mails: undefined })).toEqual([]);
    });
    it('an event that was numbered and committed, but is on no topic', () =>
      expect(
        kinds(
          inMessaging('assignment', ({ versions }) => ({
            versions: [...versions, { ...versions[0]!, topic: 'signalbox.assignment', version: 5 }],
          })),
        ),
      ).toEqual(['lost']));
    it('an event that a reader has not applied', () =>
      expect(
        kinds(
          inMessaging('console', ({ versions }) => ({
            versions: versions.filter(({ topic, version }) => topic !== 'signalbox.intake' || version < 2),
          })),
        ),
      ).toEqual(['lost']));
    it('an event that is missing in the middle of what a reader was told', () =>
      expect(kinds({ history: clean.history.filter(({ topic, version }) => topic !== 'signalbox.assignment' || version !== 2) })).toEqual([
        'lost',
      ]));
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
      const story = [...received, ...delivered('m-9', 't1', 3), ...requested, ...worked(offered, assigned, answer, replied, solved)];
      expect(kinds({ events: story, mails: undefined })).toEqual(['two-owners']);
    });
    it('in two holds of one ticket, a hold of a stranger, and an owner without one', () => {
      const open = { events: without('TicketSolved') };
      expect(kinds({ ...open, holds: [hold] })).toEqual([]);
      // A hold that no event speaks of is also one that topics and databases disagree about.
      const both = ['disagreement', 'two-owners'];
      expect(kinds({ ...open, holds: [hold, { ...hold, agentId: 'ben' }] })).toEqual(both);
      expect(kinds({ ...open, holds: [{ ...hold, agentId: 'ben' }] })).toEqual(both);
      expect(kinds({ ...open, holds: [] })).toEqual(both);
      expect(kinds({ holds: [hold] })).toEqual(both);
    });
    it('not in a release and a new owner', () => {
      const released = { type: 'TicketReleased', data: { ticket: ticket('open'), load: load(3, 1, 0, 'released'), agentId: 'ana' } };
      const solvedByBen = { type: 'TicketSolved', causationId: 'request-2', data: { ticket: ticket('solved', 'ben') } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, replied, released, toBen, solvedByBen)] })).toEqual(
        [],
      );
    });
  });

  describe('lets a rescue', () => {
    const beside = ticket('open', 'ana', 'ben');
    const asked = { type: 'OfferMade', data: { ticket: beside, proposalId: 'proposal-2', agentId: 'ben', rescue: true } };
    const released = {
      type: 'TicketReleased',
      data: { ticket: ticket('open', 'ben'), load: load(3, 1, 0, 'released'), agentId: 'ana', why: 'rescue' },
    };
    const taken = {
      type: 'TicketAssigned',
      data: { ticket: ticket('open', 'ben'), proposalId: 'proposal-2', how: 'accepted', agentId: 'ben' },
    };
    const solvedByBen = { type: 'TicketSolved', causationId: 'request-2', data: { ticket: ticket('solved', 'ben') } };
    const after = (...story: Story) => ({
      events: [...received, ...requested, ...worked(offered, assigned, replied, ...story, solvedByBen)],
    });
    it('be offered beside the owner and end with another one', () => expect(kinds(after(asked, released, taken))).toEqual([]));
    it('not leave it without an owner, be it for an instant', () => {
      expect(kinds(after(asked, { ...released, data: { ...released.data, ticket: ticket('open') } }, taken))).toContain('no-owner');
      expect(kinds(after(asked, released, replied, taken))).toContain('no-owner');
      expect(kinds(after(asked, { type: 'OfferExpired', data: { ticket: ticket('open'), offerId: 'offer-1' } }))).toContain('no-owner');
    });
    it('not end with two', () => expect(kinds(after(asked, taken))).toEqual(['disagreement', 'two-owners']));
    it('not be offered to two', () => expect(kinds(after(asked, asked, released, taken))).toContain('two-owners'));
  });

  describe('counts how often owners hand a ticket on', () => {
    const toBilling = (agentId: string | null, byAgentId: string, transfers: number) => ({
      type: 'TicketTransferred',
      data: {
        ticket: ticket('open'),
        load: load(3, 1, 0, 'transferred'),
        from: { agentId },
        to: { queueId: 'billing' },
        why: 'requested',
        byAgentId,
        transfers,
      },
    });
    const toBen = { type: 'TicketAssigned', data: { ticket: ticket('open', 'ben'), how: 'automatic', agentId: 'ben' } };
    const solvedByBen = { type: 'TicketSolved', data: { ticket: ticket('solved', 'ben') } };
    const away = (agentId: string | null, byAgentId: string, transfers: number) => {
      const { type, data } = toBilling(agentId, byAgentId, transfers);
      return { type, data: { ...data, load: undefined } };
    };
    const handed = (...story: Story) => ({ events: [...received, ...requested, ...worked(offered, assigned, replied, ...story)] });
    it('and finds one time too many', () => {
      expect(kinds(handed(toBilling('ana', 'ana', 1), toBen, solvedByBen))).toEqual([]);
      expect(kinds(handed(toBilling('ana', 'ana', 1), toBen, away('ben', 'ben', 2), toBen, solvedByBen))).toEqual(['handed-on-too-often']);
    });
    it('but not what a supervisor does', () =>
      expect(kinds(handed(toBilling('ana', 'ana', 1), toBen, away('ben', 'martje', 1), toBen, solvedByBen))).toEqual([]));
    it('and finds a refusal before that', () => {
      const refused = { type: 'RequestRefused', data: { ticket: ticket('open', 'ana'), why: 'transfers-exhausted' } };
      expect(kinds(handed(refused, { ...solved, causationId: undefined }))).toEqual(['disagreement']);
    });
    it('and finds one who got it from a colleague without its event', () => {
      const { type, data } = toBilling('ana', 'ana', 1);
      expect(kinds(handed({ type, data: { ...data, ticket: ticket('open', 'ben'), to: { agentId: 'ben' } } }))).toContain('no-owner');
    });
  });

  it('finds a wrap-up that never ends', () => {
    const wraps = { ...solved, data: { ...solved.data, load: load(3, 1, 1, 'solved'), wrapUpEndsAt: NOW } };
    const ended = { type: 'WrapUpEnded', data: { ticket: ticket('solved', 'ana'), load: load(4, 1, 0, 'wrap-up-ended') } };
    const story = (...more: Story) => [...received, ...requested, ...worked(offered, assigned, replied, wraps, ...more)];
    expect(kinds({ events: story(ended) })).toEqual([]);
    expect(kinds({ events: story(), holds: [{ ...hold, state: 'wrap-up' }] })).toEqual(['lost']);
  });

  it('finds a ticket that was pulled by somebody who had not asked', () => {
    const pulled = { ...assigned, causationId: undefined, data: { ...assigned.data, load: load(1, 0, 1, 'assigned'), how: 'pulled' } };
    const left = { ...solved, data: { ...solved.data, load: load(2, 1, 0, 'solved') } };
    const told = on('signalbox.routing', 'ana', [{ type: 'NextAnswered', data: { proposalId: 'proposal-1' } }]);
    const story = [...received, requested[1]!, ...worked(pulled, replied, left)].map((event) => ({ ...event }));
    const asked = { events: story.map((event) => (event.id === 'request-2' ? { ...event, version: 1 } : event)), requests: ['request-2'] };
    expect(kinds({ ...asked, events: [...asked.events, ...told] })).toEqual([]);
    expect(kinds(asked)).toEqual(['disagreement']);
  });

  describe('finds over capacity', () => {
    const withLoad = (change: object) => {
      const grant = { ...offered, data: { ...offered.data, load: change } };
      const story = worked(grant, { ...assigned, data: { ...assigned.data, load: undefined } }, replied);
      return { events: [...received, ...requested, ...story], holds: [{ ...hold, units: 3 }] };
    };
    it('an automatic grant beyond the limit', () => expect(kinds(withLoad(load(1, 0, 3, 'offered')))).toEqual(['over-capacity']));
    it('an automatic grant within a limit that nobody configured', () =>
      expect(kinds(withLoad(load(1, 0, 3, 'offered', 5)))).toEqual(['over-capacity']));
    it('not what a person decided', () => expect(kinds(withLoad(load(1, 0, 3, 'reopened')))).toEqual([]));
    it('what a supervisor gave without saying that it goes beyond', () => {
      const forced = (said: object) => {
        const change = { load: load(1, 0, 3, 'forced'), how: 'forced', ...said };
        const story = worked({ ...assigned, causationId: undefined, data: { ...assigned.data, ...change } }, replied);
        return kinds({
          events: [...received, requested[1]!, ...story].map((event) => (event.id === 'request-2' ? { ...event, version: 1 } : event)),
          requests: ['request-2'],
          holds: [{ ...hold, units: 3 }],
        });
      };
      expect(forced({ byAgentId: 'martje', reason: 'now', overAssigned: true })).toEqual([]);
      expect(forced({ byAgentId: 'martje', reason: 'now' })).toEqual(['over-capacity']);
      expect(forced({ byAgentId: 'martje', overAssigned: true })).toEqual(['over-capacity']);
    });
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
    it('in a round that was recorded twice', () => {
      const rounds = on('signalbox.routing-rounds', 'default', [
        { type: 'RoundRecorded', data: { round: 1 } },
        { type: 'RoundRecorded', data: { round: 1 } },
      ]);
      expect(kinds({ events: [...events, ...rounds] })).toEqual(['effect-twice']);
    });
  });

  describe('finds a disagreement', () => {
    const row: TicketRow = { ticketId: 't1', status: 'solved', agentId: 'ana', offerAgentId: null };
    it("between the topic and a ticket's row, or the console's", () => {
      expect(kinds({ tickets: [row], consoleTickets: [row] })).toEqual([]);
      expect(kinds({ tickets: [{ ...row, agentId: 'ben' }] })).toEqual(['disagreement']);
      expect(kinds({ consoleTickets: [{ ...row, status: 'open' }] })).toEqual(['disagreement']);
      expect(kinds({ consoleTickets: [] })).toEqual(['disagreement']);
    });
    it("between a ticket's state for newcomers and its row", () => {
      const states = (status: string) => on('signalbox.tickets', 't1', [{ type: 'TicketState', data: { status, agentId: 'ana' } }]);
      expect(kinds({ events: [...events, ...states('solved')] })).toEqual([]);
      expect(kinds({ events: [...events, ...states('open')] })).toEqual(['disagreement']);
    });
    it("between an agent's state and the holds", () => {
      const states = (...holds: object[]) => on('signalbox.agents', 'ana', [{ type: 'AgentState', data: { holds } }]);
      const open = without('TicketSolved');
      expect(kinds({ events: [...open, ...states(hold)], holds: [hold] })).toEqual([]);
      expect(kinds({ events: [...open, ...states()], holds: [hold] })).toEqual(['disagreement']);
    });
    it('in units that were taken and neither given back nor held', () => {
      const forgotten = { ...solved, data: { ...solved.data, load: undefined } };
      expect(kinds({ events: [...received, ...requested, ...worked(offered, assigned, replied, forgotten)] })).toEqual(['disagreement']);
    });
    it('in what was sent without having been released, or arrived without having been sent', () => {
      expect(kinds({ events: [...events, ...delivered('m-3', 't1', 3)], mails: undefined })).toEqual(['disagreement']);
      expect(kinds({ mails: [...clean.mails!, '<m-3@example.org>'] })).toEqual(['disagreement']);
    });
    it('in what a reader applied, or was told, and no topic has', () => {
      const ahead = inMessaging('console', ({ versions }) => ({
        versions: [...versions, { topic: 'signalbox.assignment', subject: 't1', version: 5 }],
      }));
      expect(kinds(ahead)).toEqual(['disagreement']);
      expect(kinds({ history: [...clean.history, { topic: 'signalbox.assignment', ticketId: 't1', version: 5 }] })).toEqual([
        'disagreement',
      ]);
    });
  });

  it('finds a clock of a merged ticket that goes on, and what is said of a clock twice', () => {
    const merged = worked(offered, assigned, replied, solved, { type: 'TicketMerged', data: { ticket: ticket('closed', 'ana') } });
    const told = (...story: Story) => ({ events: [...received, ...requested, ...merged, ...on('signalbox.sla-escalation', 't1', story)] });
    const clocks = (status: string) => ({ type: 'ClocksChanged', data: { clocks: [{ target: 'resolution', status }] } });
    const breach = { type: 'SlaBreached', data: { target: 'resolution', instance: 1, dueAt: NOW } };
    const level = { type: 'TicketEscalated', data: { cause: 'due', level: 1, target: 'resolution', escalatedAt: NOW } };
    const kindsOf = (...story: Story) => kinds(told(...story));
    expect(kindsOf(clocks('running'), breach, level, clocks('canceled'))).toEqual([]);
    expect(kindsOf(clocks('canceled'), clocks('paused'))).toEqual(['disagreement']);
    expect(kindsOf(breach, { ...breach, data: { ...breach.data, instance: 2 } })).toEqual([]);
    expect(kindsOf(breach, breach)).toEqual(['effect-twice']);
    expect(kindsOf(level, level)).toEqual(['effect-twice']);
  });

  it('finds a version that is missing, and one that comes too late', () => {
    expect(kinds({ events: [...without('MessageDelivered'), { ...received[1]!, version: 3 }] })).toEqual(['version-gap']);
    const swapped = on('signalbox.sla-escalation', 't1', [
      { type: 'ClocksChanged', version: 2 },
      { type: 'ClocksChanged', version: 1 },
    ]);
    expect(kinds({ events: [...clean.events, ...swapped] })).toEqual(['version-gap']);
    const backwards = on('signalbox.agents', 'ana', [
      { type: 'AgentState', version: 5, data: { holds: [] } },
      { type: 'AgentState', version: 4, data: { holds: [] } },
    ]);
    expect(kinds({ events: [...clean.events, ...backwards] })).toEqual(['version-gap']);
  });

  it('finds rows that were never published, letters in a database, and records nobody can read', () => {
    expect(kinds(inMessaging('assignment', () => ({ outboxRows: 3 })))).toEqual(['stuck-outbox']);
    const letter = { state: 'open', topic: 'signalbox.intake', subject: 't1', reason: 'failed 5 times' };
    expect(kinds(inMessaging('assignment', () => ({ deadLetters: [letter] })))).toEqual(['dead-letter']);
    expect(kinds({ unreadable: ['signalbox.intake[0]@7'] })).toEqual(['unreadable']);
  });
});
