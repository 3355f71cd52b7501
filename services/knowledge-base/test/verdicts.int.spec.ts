import { KnowledgeBaseTopic } from '@signalbox/contracts';
import { aMessage, anAssignment, aRelease, aTicket, RunningKnowledgeBase } from './running-knowledge-base.js';
import { sampleArticles, sampleMessages } from './sample.js';

let running: RunningKnowledgeBase;
beforeAll(async () => {
  running = await RunningKnowledgeBase.start();
});
afterAll(() => running.stop());

const resetPassword = sampleArticles.find((article) => article.articleId === 'reset-password' && article.locale === 'en')!;

describe('a verdict', () => {
  it('comes exactly once for each of the sample messages, though Kafka delivers everything twice', async () => {
    const tickets = (await sampleMessages()).map(({ subject, text, language }, index) =>
      aTicket(`sample-${index}`, { subject, text, ...(language === undefined ? {} : { language }) }),
    );
    await running.stack.publish(...tickets, ...tickets);
    await running.stack.settled();
    const verdicts = tickets.map(({ ticketId }) => running.saidAbout(ticketId).map((event) => event.type));
    expect(verdicts.every((types) => types.length === 1)).toBe(true);
    expect(verdicts.flat().filter((type) => type === 'AnswerProposed')).toHaveLength(1);
  });

  it('names its cause, and an answer carries its link', async () => {
    await running.stack.publish(aTicket('linked'));
    await running.stack.settled();
    expect(running.saidAbout('linked')).toMatchObject([
      {
        type: 'AnswerProposed',
        version: 1,
        causationId: 'signalbox.intake/linked/1',
        data: { threshold: 0.6, answer: { articleId: 'reset-password', revision: 1, locale: 'en' } },
      },
    ]);
    expect((running.saidAbout('linked')[0]!.data as { answer: { text: string } }).answer.text).toContain(
      `https://help.nordlicht.example/knowledge-base/v1/feedback?token=${running.tokenOf('linked')}`,
    );
  });

  it.each([
    ['a machine', { automatic: true }],
    ['who follows up an earlier ticket', { followsTicketId: 'earlier' }],
  ])('is no answer for %s', async (_, more) => {
    const ticketId = `person-${Object.keys(more)[0]}`;
    await running.stack.publish(aTicket(ticketId, more));
    await running.stack.settled();
    expect(running.saidAbout(ticketId)).toMatchObject([{ type: 'NoAnswer', data: { reason: 'wants-human' } }]);
  });
});

describe('articles', () => {
  const revisions = () =>
    running.query(
      `select revision, content->>'title' as title from article_revision where article_id = 'reset-password' and locale = 'en' order by 1`,
    );

  it('get a new revision when configuration changes their content, and keep the old one', async () => {
    await running.configure({ 'article/reset-password.en': { ...resetPassword, title: 'A new password' } });
    await running.stack.publish(aTicket('revised'));
    await running.stack.settled();
    expect(running.saidAbout('revised')).toMatchObject([{ data: { answer: { revision: 2, title: 'A new password' } } }]);
    expect(await revisions()).toEqual([
      { revision: 1, title: resetPassword.title },
      { revision: 2, title: 'A new password' },
    ]);
  });

  it('keep their revision when other configuration changes, and an old content its old one', async () => {
    await running.configure({ 'category/account-access': { title: 'Sign-in', queue: 'technical', answerThreshold: 1 } });
    await running.configure({ 'article/reset-password.en': resetPassword });
    await running.stack.publish(aTicket('strict'));
    await running.stack.settled();
    expect(running.saidAbout('strict')).toMatchObject([
      { type: 'NoAnswer', data: { reason: 'below-threshold', threshold: 1, suggestions: [{ articleId: 'reset-password', revision: 1 }] } },
    ]);
    expect(await revisions()).toHaveLength(2);
    await running.configure({ 'category/account-access': { title: 'Sign-in', queue: 'technical', answerThreshold: 0.6 } });
  });
});

describe('what is said', () => {
  it('is the same in every interleaving of the topics', async () => {
    const interleavings = permutations(['ticket', 'message', 'release', 'assignment']).filter(
      (order) => order.indexOf('ticket') < order.indexOf('message') && order.indexOf('release') < order.indexOf('assignment'),
    );
    for (const [index, order] of interleavings.entries()) {
      const id = `order-${index}`;
      const events = { ticket: aTicket(id), release: aRelease(id), message: aMessage(id), assignment: anAssignment(id) };
      await running.publishInOrder(
        Object.values(events),
        order.map((name) => events[name as keyof typeof events]),
      );
    }
    await running.stack.settled();
    const states = await running.query<{ state: string }>(
      `select distinct (to_jsonb(t) - 'ticket_id' - 'settled_at' - 'answered_at' - 'last_message_at' - 'assigned_at')::text as state from ticket t where ticket_id like 'order-%'`,
    );
    expect(interleavings).toHaveLength(6);
    expect(states).toHaveLength(1);
    expect(states[0]!.state).toContain('"failed"');
    for (const index of interleavings.keys()) {
      const types = running.saidAbout(`order-${index}`).map((event) => event.type);
      expect(types.toSorted()).toEqual(['AnswerProposed', 'DeflectionFailed']);
    }
  });

  it('is nothing more, and no row changes, when the group is rewound to offset 0', async () => {
    await running.stack.settled();
    const before = await running.rows();
    const said = running.stack.events(KnowledgeBaseTopic).length;
    await running.restart({ rewound: true });
    await running.stack.settled();
    expect(await running.rows()).toEqual(before);
    expect(running.stack.events(KnowledgeBaseTopic)).toHaveLength(said);
  });
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, index) => permutations(list.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}
