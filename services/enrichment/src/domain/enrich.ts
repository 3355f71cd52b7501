import type { Channel, Priority } from '@signalbox/contracts';
import { classify, type Classification } from './classifier.js';
import type { Fact } from './fact.js';
import { languageOf } from './language.js';
import type { Model } from './model.js';
import { DEFAULT_RULES, signalsOf, type Rules } from './rules.js';
import { sentimentOf } from './sentiment.js';
import { foldText, ticketText, tokensOf } from './text.js';
import { complexityOf, prioritise, type CustomerContext, type Evidence, type HistoryContext } from './triage.js';

export interface EnrichmentInput {
  subject: string;
  body: string;
  channel: Channel;
  /** What the customer once chose, as a language tag such as `de-AT`. */
  declaredLanguage?: string | undefined;
  attachments: number;
  customer: CustomerContext;
  history: HistoryContext;
}

/** What a ticket is about. */
export interface Enrichment {
  category: Fact<string | null>;
  priority: Fact<Priority>;
  complexity: Fact<number>;
  language: Fact<string | null>;
  sentiment: Fact<number>;
  wantsHuman: Fact<boolean>;
  enrichedAt: Date;
}

/** The languages the rules' words are in. In any other they say little. */
const RULE_LANGUAGES = new Set(['en', 'de']);
const FOREIGN_CONFIDENCE = 0.6;
/** From this confidence on a second guess counts as a second topic. */
const SECOND_TOPIC_CONFIDENCE = 0.25;

/**
 * Says what a ticket is about, from its text and what is known about its customer. Reads 10,000 characters and never throws, whatever they are.
 * Without a model (not yet trained) the category is unknown and everything else is decided all the same. About 0.1 ms.
 */
export function enrich(input: EnrichmentInput, model: Model | null, now: Date, rules: Rules = DEFAULT_RULES): Enrichment {
  const text = ticketText(input);
  const tokens = tokensOf(foldText(text));
  const classification = model === null ? null : classify(model, text);
  const language = languageOf(text, input.declaredLanguage);
  const signals = signalsOf(tokens, rules);
  const sentiment = sentimentOf(tokens, text);
  const evidence: Evidence = {
    signals,
    category: classification?.category ?? null,
    categoryConfidence: classification?.confidence ?? 0,
    twoTopics: classification?.category != null && (classification.runnersUp[0]?.confidence ?? 0) >= SECOND_TOPIC_CONFIDENCE,
    sentiment: sentiment.value,
    words: tokens.length,
    questions: tokens.filter((token) => token === '?').length,
    attachments: input.attachments,
    customer: input.customer,
    history: input.history,
  };
  const foreign = language.value !== null && !RULE_LANGUAGES.has(language.value);
  const byRules = <T>(fact: Fact<T>): Fact<T> => (foreign ? { ...fact, confidence: fact.confidence * FOREIGN_CONFIDENCE } : fact);
  return {
    category: categoryFrom(classification, model),
    priority: byRules(prioritise(evidence, rules)),
    complexity: byRules(complexityOf(evidence, rules)),
    language,
    sentiment: byRules(sentiment),
    wantsHuman: byRules(wantsHumanFrom(signals, tokens, rules)),
    enrichedAt: now,
  };
}

function categoryFrom(classification: Classification | null, model: Model | null): Fact<string | null> {
  if (classification === null || model === null) return { value: null, confidence: 0, source: 'none' };
  return { value: classification.category, confidence: classification.confidence, source: 'model', modelVersion: model.version };
}

/** What people type when a bot answers: the whole message is one of these. */
const ASKS_FOR_HUMAN = new Set('human,agent,operator,representative,person,mensch,mitarbeiter,berater,mitarbeiterin'.split(','));
const ASKING_WORDS_MAX = 3;

function wantsHumanFrom(signals: Evidence['signals'], tokens: readonly string[], rules: Rules): Fact<boolean> {
  const words = tokens.filter((token) => /\p{L}/u.test(token));
  const asked = signals.some((signal) => signal.name === 'wants-human');
  const shouted = words.length <= ASKING_WORDS_MAX && words.some((word) => ASKS_FOR_HUMAN.has(word));
  return { value: asked || shouted, confidence: 0.9, source: 'rules', modelVersion: rules.version };
}
