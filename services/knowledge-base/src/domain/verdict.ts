import { AnswerProposed, NoAnswer, type ArticleMatch } from '@signalbox/contracts';
import { composeAnswer } from './answer.js';
import { confidenceOf } from './confidence.js';
import { isParticularCase, needsPerson } from './person-first.js';
import { localeChain, search, type ArticleIndex, type Found } from './search.js';
import { READ_LENGTH_MAX } from './text.js';

/** What a verdict is decided from: the ticket as it was received. */
export interface Question {
  readonly ticketId: string;
  readonly subject: string;
  readonly text: string;
  /** The language it is written in; null when it shows none. */
  readonly language: string | null;
  /** A machine wrote it, or it follows up an earlier ticket: what was said then was not enough. */
  readonly forPerson: boolean;
}
/** What the configuration says about answering. */
export interface Answering {
  readonly index: ArticleIndex;
  /** From this confidence on an article of the category may answer; 1 = never. */
  readonly thresholdOf: (category: string | undefined) => number;
  readonly defaultLanguage: string;
  /** Where "this did not help" is said, with the token at its end. */
  readonly feedbackUrl: string;
  readonly feedbackToken: string;
}

export type Verdict = AnswerProposed | NoAnswer;

const SUGGESTIONS_MAX = 5;
/** Below this a suggestion is noise to the agent who reads it. */
const SUGGESTED_CONFIDENCE_MIN = 0.05;

/**
 * The one verdict on a ticket. An answer only where its article's category allows it at this confidence, in the customer's own language;
 * never to a machine, and never to somebody who asks for a person, complains, or is in danger.
 */
export function decideVerdict(question: Question, answering: Answering, now: Date): Verdict {
  const { index, defaultLanguage } = answering;
  const words = `${question.subject}\n${question.text}`;
  const particular = isParticularCase(words);
  const own = localeChain(question.language ?? defaultLanguage);
  const find = (locales: readonly string[]): Found[] => search(index, question, { locales, audience: 'public', limit: SUGGESTIONS_MAX });
  const inOwn = find(own);
  const found = inOwn.length > 0 ? inOwn : find(localeChain(defaultLanguage, ['en']));
  const matches = found.map((one, rank) => ({ one, confidence: confidenceOf(one, rank === 0 ? found[1] : found[0], particular) }));
  const suggestions = matches
    .filter(({ confidence }) => confidence >= SUGGESTED_CONFIDENCE_MIN)
    .map(({ one, confidence }) => matchOf(one, confidence));
  const best = matches[0];
  const bestConfidence = best?.confidence ?? 0;
  const threshold = best ? answering.thresholdOf(best.one.article.category) : 1;
  const no = (reason: NoAnswer['data']['reason']): NoAnswer =>
    NoAnswer(question.ticketId, { reason, bestConfidence, threshold, suggestions, decidedAt: now.toISOString() });

  if (question.forPerson || needsPerson(words)) return no('wants-human');
  if (!own.some((locale) => index.locales.has(locale))) return no('no-locale');
  if (!best || suggestions.length === 0) return no('nothing-found');
  // What was not read may say anything.
  const isReadWhole = words.length <= READ_LENGTH_MAX;
  if (inOwn.length === 0 || !isReadWhole || threshold >= 1 || bestConfidence < threshold) return no('below-threshold');
  const { article } = best.one;
  const text = composeAnswer(article, `${answering.feedbackUrl}?token=${answering.feedbackToken}`);
  return AnswerProposed(question.ticketId, {
    answer: {
      ...matchOf(best.one, bestConfidence),
      text,
      ...(article.category === undefined ? {} : { category: article.category }),
      feedbackToken: answering.feedbackToken,
    },
    threshold,
    suggestions,
    decidedAt: now.toISOString(),
  });
}

const matchOf = ({ article: { articleId, revision, locale, title } }: Found, confidence: number): ArticleMatch => ({
  articleId,
  revision,
  locale,
  title,
  confidence,
});
