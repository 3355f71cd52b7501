import { TEXT_LENGTH_MAX } from '@signalbox/contracts';
import { composeAnswer } from './answer.js';
import type { Article } from './search.js';

const article = (more: Partial<Article>): Article => ({
  articleId: 'a',
  revision: 1,
  locale: 'en',
  title: 'A',
  audience: 'public',
  questions: [],
  text: 'Do this.',
  ...more,
});

describe('composeAnswer', () => {
  it.each([
    ['en', /^Do this\.\n\nTo reach a person, simply reply to this message\.\n.* https:\/\/x$/],
    ['de-AT', /^Do this\.\n\nEinen Menschen erreichen Sie.*auf diese Nachricht antworten\.\n.* https:\/\/x$/],
    ['constructor', /reply to this message/],
  ])('ends, in %s, with the way to a person and the link', (locale, text) => {
    expect(composeAnswer(article({ locale }), 'https://x')).toMatch(text);
  });
  it('shortens the article, never its ending', () => {
    const text = composeAnswer(article({ text: 'x'.repeat(TEXT_LENGTH_MAX) }), 'https://x');
    expect(text).toHaveLength(TEXT_LENGTH_MAX);
    expect(text).toMatch(/x…\n\nTo reach a person[^]*https:\/\/x$/);
  });
});
