import type { Draft, Received } from '@signalbox/contracts';
import { eventOfType } from '@signalbox/contracts';
import fc from 'fast-check';
import { assigned, enriched, nine, offered, received, snapshot, wholeStory } from '../../test/the-story.js';
import { decisionOf } from './records.js';
import { audienceOf, project, summarize, unknownTicket, waitingOf, type Ticket, type Told } from './ticket.js';
import { wordsFor } from './words.js';

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
