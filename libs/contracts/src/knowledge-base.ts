import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { ArticleId, CategoryId, Instant, LanguageTag, Share, TEXT_LENGTH_MAX } from './fields.js';

export const KnowledgeBaseTopic = topic('signalbox.knowledge-base', {
  writer: 'knowledge-base',
  says: 'one verdict per ticket: an answer or none; suggestions; what came of answers',
});

export const ArticleMatch = z.object({
  articleId: ArticleId,
  revision: z.int().min(1),
  locale: LanguageTag,
  title: z.string().max(300),
  confidence: Share,
});
export type ArticleMatch = z.infer<typeof ArticleMatch>;

/** An answer somebody may release; only assignment does. `text` is the article's, ready to send. */
export const Answer = ArticleMatch.extend({
  text: z.string().max(TEXT_LENGTH_MAX),
  category: CategoryId.optional(),
  /** Opens "this did not help" for this ticket without signing in. */
  feedbackToken: z.string().max(400),
});
export type Answer = z.infer<typeof Answer>;

export const AnswerProposed = event(KnowledgeBaseTopic, 'AnswerProposed', by.ticketId, {
  answer: Answer,
  threshold: Share,
  suggestions: z.array(ArticleMatch).max(5),
  decidedAt: Instant,
});
export type AnswerProposed = EventOf<typeof AnswerProposed>;

export const NoAnswer = event(KnowledgeBaseTopic, 'NoAnswer', by.ticketId, {
  reason: z.enum(['nothing-found', 'below-threshold', 'wants-human', 'no-locale']),
  bestConfidence: Share,
  threshold: Share,
  suggestions: z.array(ArticleMatch).max(5),
  decidedAt: Instant,
});
export type NoAnswer = EventOf<typeof NoAnswer>;

export const ArticlesSuggested = event(KnowledgeBaseTopic, 'ArticlesSuggested', by.ticketId, {
  suggestions: z.array(ArticleMatch).max(5),
  decidedAt: Instant,
});
export type ArticlesSuggested = EventOf<typeof ArticlesSuggested>;

export const DeflectionConfirmed = event(KnowledgeBaseTopic, 'DeflectionConfirmed', by.ticketId, {
  articleId: ArticleId,
  revision: z.int().min(1),
  /** `assumed`: nothing was heard for the policy's time. Silence is not success; the two are counted apart. */
  how: z.enum(['confirmed', 'assumed']),
  confirmedAt: Instant,
});
export type DeflectionConfirmed = EventOf<typeof DeflectionConfirmed>;

/** "This did not help": the ticket goes to a person at once. */
export const DeflectionFailed = event(KnowledgeBaseTopic, 'DeflectionFailed', by.ticketId, {
  articleId: ArticleId,
  revision: z.int().min(1),
  failedAt: Instant,
});
export type DeflectionFailed = EventOf<typeof DeflectionFailed>;
