import type { Draft, Received } from '@signalbox/contracts';
import {
  ClocksChanged,
  eventOfType,
  NotificationFailed,
  NotificationSent,
  OfferMade,
  RequirementsRelaxed,
  TicketAssigned,
  TicketEscalated,
  TicketTransferred,
} from '@signalbox/contracts';
import fc from 'fast-check';
import { assigned, enriched, nine, offered, received, snapshot, wholeStory } from '../../test/the-story.js';
import { decisionOf } from './records.js';
import { audienceOf, originFor, project, summarize, unknownTicket, waitingOf, type Ticket, type Told } from './ticket.js';
import { notesOn, wordsFor } from './words.js';

const fields = { ticketId: 't', number: 7 };
const queueOf = (category: string | null) => (category === 'refund' ? 'billing' : 'general');
const told = (draft: Draft, version = 1, at = nine): Told =>
  ({ ...draft, id: `${version}`, correlationId: 't', version, at: new Date(at) }) as Received<Draft> as Told;
const after = (...drafts: Draft[]): Ticket =>
  drafts.reduce((ticket, draft, index) => project(ticket, told(draft, index + 1)), unknownTicket('t'));

describe('a ticket', () => {
  it('stands in its category’s queue, and in the default one before it has a category', () => {
    expect(summarize(after(received(fields)), queueOf)).toMatchObject({ status: 'new', queueId: 'general', priority: 'normal' });
    expect(summarize(after(received(fields), enriched(fields)), queueOf)).toMatchObject({ queueId: 'billing', priority: 'high' });
  });

  it('takes its status from assignment alone, and an override before everything else', () => {
    const moved = {
      ...offered(fields),
      data: { ...offered(fields).data, ticket: snapshot({ priorityOverride: 'urgent', queueOverride: 'vip' }) },
    };
    expect(summarize(after(received(fields), enriched(fields), moved), queueOf)).toMatchObject({
      status: 'open',
      queueId: 'vip',
      priority: 'urgent',
    });
  });

  it('waits only while nobody owns it or is asked', () => {
    const waits = after(...wholeStory(fields).slice(0, 5));
    expect(waitingOf(waits, summarize(waits, queueOf))?.reasons).toEqual([{ reason: 'no room', agents: 3 }]);
    const owned = project(waits, told(assigned(fields)));
    expect(waitingOf(owned, summarize(owned, queueOf))).toBeNull();
  });

  it('concerns nobody before it is known what was received, though other topics may speak first', () => {
    expect(audienceOf(summarize(after(enriched(fields), offered(fields)), queueOf))).toEqual({ queueIds: [], agentIds: [] });
    expect(audienceOf(summarize(after(enriched(fields), offered(fields), received(fields)), queueOf))).toEqual({
      queueIds: ['billing'],
      agentIds: ['ana'],
    });
  });

  it('is due when its nearest running clock is', () => {
    const story = wholeStory(fields);
    expect(summarize(after(...story.slice(0, 4)), queueOf).dueAt).toBe('2026-11-20T10:00:00.000Z');
    expect(summarize(after(...story), queueOf).dueAt).toBeNull();
  });

  it('ends in the same state in every interleaving of its topics', () => {
    const story = wholeStory(fields);
    const topicOf = (draft: Draft) => eventOfType(draft.type)!.topic.name;
    const expected = after(...story);
    const topics = [...new Set(story.map(topicOf))];
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: story.length, maxLength: story.length }), (choices) => {
        const left = new Map(topics.map((topic) => [topic, story.filter((draft) => topicOf(draft) === topic)]));
        const order = choices.map((choice) => {
          const open = topics.filter((topic) => left.get(topic)!.length > 0);
          return left.get(open[choice % open.length]!)!.shift()!;
        });
        expect(after(...order)).toEqual(expected);
      }),
    );
  });
});

describe('how a ticket came to an agent', () => {
  const decided = [received(fields), offered(fields), assigned(fields)];
  const forced = (agentId: string) =>
    TicketAssigned('t', {
      ticket: snapshot({ agentId }),
      agentId,
      how: 'forced',
      units: 1,
      assignedAt: nine,
      byAgentId: 'sue',
      reason: 'knows her',
    });
  const transferred = (agentId?: string) =>
    TicketTransferred('t', {
      ticket: snapshot(),
      from: { agentId: 'ana', queueId: 'billing' },
      to: { queueId: 'billing', ...(agentId !== undefined && { agentId }) },
      why: 'requested',
      byAgentId: 'ana',
      transfers: 1,
    });
  const offer = { offerId: 'o2', agentId: 'ben', expiresAt: nine };
  const asked = (more: { proposalId?: string; rescue?: boolean } = {}, owner: string | null = null) =>
    OfferMade('t', { ticket: snapshot({ agentId: owner, offer }), ...offer, units: 1, ...more });
  const given = (agentId: string, how: 'accepted' | 'transferred' | 'escalated', proposalId?: string) =>
    TicketAssigned('t', {
      ticket: snapshot({ agentId }),
      agentId,
      how,
      units: 1,
      assignedAt: nine,
      ...(proposalId !== undefined && { proposalId }),
    });
  const handedOn = { agentId: 'ben', by: { how: 'handed-on', agentId: 'ana' } };

  it('is the decision behind the offer, and then behind the ownership, and concerns nobody else', () => {
    expect(originFor(after(...decided.slice(0, 2)), 'ana')).toEqual({ agentId: 'ana', proposalId: 't-p1' });
    expect(originFor(after(...decided), 'ana')).toEqual({ agentId: 'ana', proposalId: 't-p1' });
    expect(originFor(after(...decided), 'ben')).toBeNull();
    expect(originFor(unknownTicket('t'), 'ana')).toBeNull();
  });

  it('is told to whoever is asked to rescue it, and beside it to the owner', () => {
    const rescue = after(...decided, asked({ proposalId: 'p2', rescue: true }, 'ana'));
    expect([originFor(rescue, 'ben'), originFor(rescue, 'ana')]).toEqual([
      { agentId: 'ben', proposalId: 'p2' },
      { agentId: 'ana', proposalId: 't-p1' },
    ]);
    expect(originFor(project(rescue, told(given('ben', 'accepted', 'p2'))), 'ben')).toEqual({ agentId: 'ben', proposalId: 'p2' });
  });

  it('is a person’s word after a person’s decision, whatever was once decided for the same agent', () => {
    expect(originFor(after(...decided, forced('ben'), forced('ana')), 'ana')).toEqual({
      agentId: 'ana',
      by: { how: 'forced', agentId: 'sue', reason: 'knows her' },
    });
    expect(originFor(after(...decided, transferred('ben'), given('ben', 'transferred')), 'ben')).toEqual(handedOn);
    expect(originFor(after(...decided, transferred('ben'), asked()), 'ben')).toEqual(handedOn);
    expect(originFor(after(...decided, transferred('ben'), given('cem', 'escalated')), 'cem')).toEqual({ agentId: 'cem' });
    expect(originFor(after(...decided, transferred('ben'), asked(), given('ben', 'accepted')), 'ben')).toEqual(handedOn);
  });

  it('is a decision again when it was handed on to a queue', () => {
    const queued = after(...decided, transferred('ben'), asked(), transferred());
    expect(originFor(queued, 'ben')).toBeNull();
    expect(originFor(project(queued, told(asked({ proposalId: 'p3' }))), 'ben')).toEqual({ agentId: 'ben', proposalId: 'p3' });
  });
});

it('remembers which proposal an offer came from when it ends', () => {
  const declined = {
    type: 'OfferDeclined',
    ticketId: 't',
    data: { ticket: snapshot(), offerId: 't-o1', agentId: 'ana', reason: 'in a call' },
  };
  expect(decisionOf(after(offered(fields)), told(declined))).toEqual({
    ticketId: 't',
    proposalId: 't-p1',
    outcome: { type: 'OfferDeclined', at: nine, why: 'in a call' },
  });
  expect(decisionOf(unknownTicket('t'), told(declined))).toBeUndefined();
});

it('has words for every event of a story, and none of them is a customer’s', () => {
  for (const draft of wholeStory(fields)) {
    const words = wordsFor(told(draft));
    expect(words).not.toBe('');
    expect(words).not.toMatch(/ida@example|Ida|invoice|Wunderbar/);
  }
});

it.each([
  ['waited', 'requirements relaxed, step 1: skills 1 lower'],
  ['nobody-staffed', 'requirements relaxed, step 1: skills 1 lower; at once, since nobody staffed could have taken it'],
  ['nobody-online', 'requirements relaxed, step 1: skills 1 lower; at once, since nobody online could have taken it'],
] as const)('says why requirements were relaxed: %s', (why, words) => {
  expect(wordsFor(told(RequirementsRelaxed('t', { step: 1, relaxed: 'skills 1 lower', why, relaxedAt: nine })))).toBe(words);
});

it('says what an escalation asks for, and which decisions were asked for by one', () => {
  const escalation = (asks: object, escalatedAt = nine) =>
    TicketEscalated('t', { level: 2, cause: 'due', explanation: 'at the deadline', notify: [], escalatedAt, ...asks });
  const asks = { raisePriorityTo: 'urgent', addSkills: { seniority: 3 }, requeue: true, offerRescue: true };
  expect(wordsFor(told(escalation(asks)))).toBe(
    'escalated to level 2: at the deadline; asks for: priority urgent; seniority ≥ 3; back to its queue; to whoever can begin it before its owner',
  );
  expect(wordsFor(told(escalation({ reassignToRole: 'supervisor', requeue: true })))).toMatch(
    /; asks for: to somebody with the role supervisor$/,
  );
  expect(wordsFor(told(escalation({})))).toBe('escalated to level 2: at the deadline');
  const notes = (decision: object, ...escalations: Draft[]) => {
    const proposal = { top: [], excluded: [], unenriched: false, proposedAt: nine, priority: 'normal', ...decision };
    return notesOn(proposal as never, after(...escalations).sla?.escalations ?? []);
  };
  const demanded = { priority: 'urgent', extraSkills: { seniority: 3, tax: 2 } };
  expect(notes(demanded, escalation(asks))).toEqual([
    'asked for by an escalation: seniority ≥ 3; priority urgent',
    'asked for when it was handed on: tax ≥ 2',
  ]);
  expect(notes({ priority: 'urgent' }, escalation(asks, '2026-11-20T09:00:00.001Z'))).toEqual([]);
  expect(notes({}, escalation(asks))).toEqual([]);
});

describe('the chain upwards', () => {
  const level = { level: 1, cause: 'due' as const };
  const notification = (nth: number) => ({ notificationId: `n${nth}`, ...level, via: 'mail' as const, to: `m${nth}` });

  it('keeps a bounded number of levels, recipients and notifications, the newest of them', () => {
    const recipients = Array.from({ length: 25 }, (_, nth) => ({ via: 'mail' as const, to: `m${nth}`, because: 'role supervisor' }));
    const fired = TicketEscalated('t', { ...level, explanation: 'late', notify: ['role:supervisor'], recipients, escalatedAt: nine });
    const sent = Array.from({ length: 130 }, (_, nth) => NotificationSent('t', { ...notification(nth), sentAt: nine }));
    const { escalations, notifications } = after(...Array.from({ length: 60 }, () => fired), ...sent).sla!;
    expect(escalations).toHaveLength(50);
    expect(escalations[0]!.recipients).toHaveLength(20);
    expect(escalations[0]!.recipientsLeftOut).toBe(5);
    expect(notifications).toHaveLength(100);
    expect(notifications!.at(-1)!.notificationId).toBe('n129');
  });

  it('keeps whom a level is for only while quiet hours hold it, and nobody is known to be told', () => {
    const fired = (about: object) =>
      TicketEscalated('t', { ...level, explanation: 'late', notify: ['owner'], escalatedAt: nine, ...about });
    expect(after(fired({ heldUntil: nine })).sla!.escalations[0]).toMatchObject({ notify: ['owner'], heldUntil: nine });
    for (const about of [{}, { recipients: [] }, { recipients: [], heldUntil: nine }])
      expect(after(fired(about)).sla!.escalations[0]).not.toHaveProperty('notify');
  });

  it('says of a notification what was said last, and nothing while it is tried again', () => {
    const failed = (final: boolean) => NotificationFailed('t', { ...notification(1), reason: 'refused', final, failedAt: nine });
    expect(after(failed(false)).sla?.notifications).toBeUndefined();
    expect(after(failed(false), failed(true)).sla!.notifications).toMatchObject([{ failed: 'refused' }]);
    expect(after(failed(false), NotificationSent('t', { ...notification(1), sentAt: nine })).sla!.notifications).toEqual([
      { ...notification(1), at: nine },
    ]);
  });

  it('knows since when a clock is paused, however often that is said', () => {
    const versions = { policy: { name: 'p', version: 1 }, calendar: { name: 'c', version: 1 } };
    const clock = {
      target: 'resolution',
      instance: 1,
      startedAt: nine,
      dueAt: null,
      targetMinutes: 60,
      breachedAt: null,
      stoppedAt: null,
    } as const;
    const said = (status: 'paused' | 'running') => ClocksChanged('t', { clocks: [{ ...clock, status }], ...versions });
    const pausedSince = (...drafts: Draft[]) =>
      drafts.reduce(
        (ticket, draft, minute) => project(ticket, told(draft, minute + 1, `2026-11-20T09:0${minute}:00.000Z`)),
        unknownTicket('t'),
      ).sla!.clocks[0]!.pausedSince;
    expect(pausedSince(said('running'), said('paused'), said('paused'))).toBe('2026-11-20T09:01:00.000Z');
    expect(pausedSince(said('paused'), said('running'), said('paused'))).toBe('2026-11-20T09:02:00.000Z');
    expect(pausedSince(said('paused'), said('running'))).toBeUndefined();
  });
});
