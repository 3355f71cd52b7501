import { Injectable } from '@nestjs/common';
import type { Delivery } from '@signalbox/messaging';
import { ArticleStore } from './article.store.js';
import { buildIndex, type Article, type ArticleIndex } from './domain/search.js';

const FALLBACK_LANGUAGE = 'en';

/** The published articles of the unit's configuration, indexed. */
@Injectable()
export class Catalogue {
  #bundle = -1;
  #key = '';
  #index: ArticleIndex = buildIndex([]);

  async indexFor({ tx, config, now }: Delivery): Promise<ArticleIndex> {
    if (config.bundle === this.#bundle) return this.#index;
    // Two records may claim the same article and locale; the first by name holds, in every process.
    const byIdentity = new Map<string, { content: Omit<Article, 'revision'>; recordVersion: number }>();
    for (const [name, content] of config.all('article')) {
      const identity = `${content.articleId} ${content.locale}`;
      if (!byIdentity.has(identity)) byIdentity.set(identity, { content, recordVersion: config.versionOf('article', name) });
    }
    const { articles, isNew } = await new ArticleStore(tx).revisionsOf([...byIdentity.values()], now);
    const key = JSON.stringify(articles);
    if (key !== this.#key) {
      this.#index = buildIndex(articles);
      this.#key = key;
    }
    // New rows are not committed yet: the next unit looks again, and settles it when they are there.
    this.#bundle = isNew ? -1 : config.bundle;
    return this.#index;
  }

  /** What a language without articles falls back to. */
  defaultLanguage({ config }: Delivery): string {
    return [...config.all('company').values()][0]?.defaultLanguage ?? FALLBACK_LANGUAGE;
  }
}
