import type { ArticleConfig } from '@signalbox/contracts';
import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Article } from './domain/search.js';

export interface Configured {
  readonly content: ArticleConfig;
  /** The configuration record's version; the revision takes this number where it is free and higher than the last. */
  readonly recordVersion: number;
}

const INSERT = `
  insert into article_revision (article_id, locale, revision, content_hash, content, since)
  select x.article_id, x.locale, greatest(x.version, 1 + coalesce((select max(r.revision) from article_revision r
           where r.article_id = x.article_id and r.locale = x.locale), 0)), x.hash, x.content, $6::timestamptz
  from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::jsonb[]) as x(article_id, locale, version, hash, content)
  on conflict (article_id, locale, content_hash) do nothing`;

const FIND = `
  select x.nth::int, r.revision from unnest($1::text[], $2::text[], $3::text[]) with ordinality as x(article_id, locale, hash, nth)
  join article_revision r on r.article_id = x.article_id and r.locale = x.locale and r.content_hash = x.hash`;

export class ArticleStore {
  constructor(private readonly tx: EntityManager) {}

  /** Each article with its revision; content never seen before becomes a new one. `isNew`: rows were written that a rollback would take back. */
  async revisionsOf(configured: readonly Configured[], now: Date): Promise<{ articles: Article[]; isNew: boolean }> {
    const hashes = configured.map(({ content }) => createHash('sha256').update(canonical(content)).digest('hex'));
    const keys = [configured.map(({ content }) => content.articleId), configured.map(({ content }) => content.locale), hashes];
    let found = await this.#find(keys);
    const missing = configured.flatMap((_, index) => (found.has(index) ? [] : [index]));
    if (missing.length > 0) {
      // Two instances that see new content at once must not give it two numbers.
      await this.tx.query(`select pg_advisory_xact_lock(hashtext('article_revision'))`);
      await this.tx.query(INSERT, [
        missing.map((index) => configured[index]!.content.articleId),
        missing.map((index) => configured[index]!.content.locale),
        missing.map((index) => configured[index]!.recordVersion),
        missing.map((index) => hashes[index]!),
        missing.map((index) => JSON.stringify(configured[index]!.content)),
        now,
      ]);
      found = await this.#find(keys);
    }
    return { articles: configured.map(({ content }, index) => ({ ...content, revision: found.get(index)! })), isNew: missing.length > 0 };
  }

  async #find(keys: readonly string[][]): Promise<Map<number, number>> {
    const rows = (await this.tx.query(FIND, [...keys])) as { nth: number; revision: number }[];
    return new Map(rows.map((row) => [row.nth - 1, row.revision]));
  }
}

/** The same bytes for the same content, whatever the order of its fields. */
const canonical = (content: ArticleConfig): string => JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
