import type { ArticleConfig } from '@signalbox/contracts';
import { gramsOf, sentencesOf, termsOf } from './text.js';

/** One revision of one article in one language. */
export interface Article extends ArticleConfig {
  readonly revision: number;
}
export type Audience = ArticleConfig['audience'];

/** Weighted terms of a title or a question; `weight` is the sum over all of them. */
export interface Phrasing {
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
}
interface Entry {
  readonly article: Article;
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
  readonly phrasings: readonly Phrasing[];
}
interface Shelf {
  readonly entries: readonly Entry[];
  readonly documentsWith: ReadonlyMap<string, number>;
  readonly lengthMean: number;
}
/** One shelf per locale and audience: what is not on it cannot be found from it, whatever is asked. */
export interface ArticleIndex {
  readonly shelves: ReadonlyMap<string, Shelf>;
  readonly locales: ReadonlySet<string>;
}

export interface Query {
  /** A headline names a topic and leaves out what about it, so alone it is a weak witness. */
  readonly subject?: string;
  readonly text: string;
}
export interface Found {
  readonly article: Article;
  /** BM25 with the best phrasing added; comparable within one query only. */
  readonly score: number;
  /** How much of a phrasing and the query's best sentence are the same, 0–1; the subject counts half where there is a text. */
  readonly likeness: number;
  /** Share of the query's terms, weighted, that the article uses at all, 0–1. */
  readonly coverage: number;
}

/** Titles and customers' own words say most about what an article answers. */
const TITLE_WEIGHT = 3;
const QUESTION_WEIGHT = 2;
/** Pieces of words are weaker witnesses than words. */
const GRAM_WEIGHT = 0.25;
const BM25_K1 = 1.2;
const BM25_B = 0.4;

const shelfOf = (locale: string, audience: Audience): string => `${audience} ${locale.toLowerCase()}`;

/** Builds the index of everything published. An article for agents is on the agents' shelf only; public ones are on both. */
export function buildIndex(articles: readonly Article[]): ArticleIndex {
  const byShelf = new Map<string, Article[]>();
  for (const article of articles) {
    for (const audience of article.audience === 'public' ? (['public', 'agents'] as const) : (['agents'] as const)) {
      const name = shelfOf(article.locale, audience);
      byShelf.set(name, [...(byShelf.get(name) ?? []), article]);
    }
  }
  return {
    shelves: new Map([...byShelf].map(([name, list]) => [name, fillShelf(list)])),
    locales: new Set(articles.map((article) => article.locale.toLowerCase())),
  };
}

function fillShelf(articles: readonly Article[]): Shelf {
  const entries = articles.map((article): Entry => {
    const terms = new Map<string, number>();
    addTerms(terms, article.title, TITLE_WEIGHT);
    for (const question of article.questions) addTerms(terms, question, QUESTION_WEIGHT);
    addTerms(terms, article.text, 1);
    return { article, terms, length: sumOf(terms), phrasings: [article.title, ...article.questions].map(phrasingOf) };
  });
  const documentsWith = new Map<string, number>();
  for (const { terms } of entries) for (const term of terms.keys()) documentsWith.set(term, (documentsWith.get(term) ?? 0) + 1);
  return { entries, documentsWith, lengthMean: entries.reduce((sum, entry) => sum + entry.length, 0) / Math.max(1, entries.length) };
}

function addTerms(terms: Map<string, number>, text: string, weight: number): void {
  for (const term of termsOf(text)) {
    add(terms, `=${term}`, weight);
    for (const gram of gramsOf(term)) add(terms, gram, weight * GRAM_WEIGHT);
  }
}
function phrasingOf(text: string): Phrasing {
  const terms = new Map<string, number>();
  addTerms(terms, text, 1);
  return { terms, length: sumOf(terms) };
}
const add = (terms: Map<string, number>, term: string, weight: number): void => void terms.set(term, (terms.get(term) ?? 0) + weight);
const sumOf = (terms: ReadonlyMap<string, number>): number => [...terms.values()].reduce((sum, weight) => sum + weight, 0);
const isWord = (term: string): boolean => term.startsWith('=');

/** The locales an article may stand in for, best first: `de-AT` → `de`, then the fallbacks with their own chains. */
export function localeChain(locale: string, fallbacks: readonly string[] = []): string[] {
  const chain = [locale, ...fallbacks].flatMap((tag) => {
    const parts = tag.toLowerCase().split('-');
    return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
  });
  return [...new Set(chain)];
}

export interface SearchOptions {
  /** The first locale of the chain that an article exists in is the one that counts for it. */
  readonly locales: readonly string[];
  readonly audience: Audience;
  /** At most 50. */
  readonly limit: number;
}

/**
 * The articles that fit best, best first; ties by articleId. Audience and locale decide which shelves are read at all.
 */
export function search(index: ArticleIndex, query: Query, { locales, audience, limit }: SearchOptions): Found[] {
  const found = new Map<string, Found>();
  for (const locale of locales) {
    const shelf = index.shelves.get(shelfOf(locale, audience));
    if (!shelf) continue;
    for (const one of searchShelf(shelf, query)) if (!found.has(one.article.articleId)) found.set(one.article.articleId, one);
  }
  return [...found.values()]
    .sort((a, b) => b.score - a.score || (a.article.articleId < b.article.articleId ? -1 : 1))
    .slice(0, Math.min(limit, 50));
}

/** Every article of one locale that shares at least a piece of a word with the query. */
function searchShelf(shelf: Shelf, query: Query): Found[] {
  const rarity = (term: string): number => {
    const documents = shelf.documentsWith.get(term) ?? 0;
    return Math.log(1 + (shelf.entries.length - documents + 0.5) / (documents + 0.5));
  };
  const subject = phrasingOf(query.subject ?? '');
  const sentences = sentencesOf(query.text).map(phrasingOf);
  const all = new Map<string, number>();
  for (const sentence of [subject, ...sentences]) for (const [term, weight] of sentence.terms) add(all, term, weight);
  return shelf.entries.flatMap((entry) => {
    let score = 0;
    let covered = 0;
    let known = 0;
    for (const [term, weight] of all) {
      const frequency = entry.terms.get(term) ?? 0;
      const worth = rarity(term) * (isWord(term) ? 1 : GRAM_WEIGHT);
      if (isWord(term)) known += worth * weight;
      if (frequency === 0) continue;
      if (isWord(term)) covered += worth * weight;
      const damped = frequency + BM25_K1 * (1 - BM25_B + (BM25_B * entry.length) / shelf.lengthMean);
      score += worth * Math.min(weight, 2) * ((frequency * (BM25_K1 + 1)) / damped);
    }
    if (score === 0) return [];
    const bySubject = bestLikeness([subject], entry.phrasings, rarity);
    const byText = bestLikeness(sentences, entry.phrasings, rarity);
    const likeness = sentences.length === 0 ? bySubject : Math.max(byText, (bySubject + byText) / 2);
    return [{ article: entry.article, score: score * (1 + likeness), likeness, coverage: known === 0 ? 0 : covered / known }];
  });
}

/** The cosine of the most alike pair of a sentence and a phrasing, terms weighted by their rarity. */
function bestLikeness(asked: readonly Phrasing[], phrasings: readonly Phrasing[], rarity: (term: string) => number): number {
  const norm = ({ terms }: Phrasing): number =>
    Math.sqrt([...terms].reduce((sum, [term, weight]) => sum + (weight * rarity(term)) ** 2, 0));
  const norms = phrasings.map(norm);
  let best = 0;
  for (const sentence of asked) {
    const own = norm(sentence);
    for (const [index, phrasing] of phrasings.entries()) {
      let shared = 0;
      for (const [term, weight] of sentence.terms) {
        const other = phrasing.terms.get(term);
        if (other !== undefined) shared += weight * other * rarity(term) ** 2;
      }
      if (shared > 0) best = Math.max(best, shared / (own * norms[index]!));
    }
  }
  return Math.min(1, best);
}

/** Everything customers may read, each article once in the first locale it exists in, by title. */
export function publicArticles(index: ArticleIndex, locales: readonly string[]): Article[] {
  const found = new Map<string, Article>();
  for (const locale of locales)
    for (const { article } of index.shelves.get(shelfOf(locale, 'public'))?.entries ?? [])
      if (!found.has(article.articleId)) found.set(article.articleId, article);
  return [...found.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}
