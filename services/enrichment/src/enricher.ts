import { Inject, Injectable } from '@nestjs/common';
import { TicketEnriched, type Draft } from '@signalbox/contracts';
import type { Delivery } from '@signalbox/messaging';
import { createHash } from 'node:crypto';
import { Classifier } from './classifier.js';
import { CrmClient } from './crm.client.js';
import { enrich } from './domain/enrich.js';
import type { Fact } from './domain/fact.js';
import type { Model } from './domain/model.js';
import { TicketStore, type Background, type TicketResult, type TicketRow } from './ticket.store.js';

interface Earlier {
  readonly category: string;
  readonly receivedAt: Date;
}

/** Says what tickets are about with what is known now. */
@Injectable()
export class Enricher {
  constructor(
    @Inject(Classifier) private readonly classifier: Classifier,
    @Inject(CrmClient) private readonly crm: CrmClient,
  ) {}

  /** Saves and gives a record of each of these locked tickets that differs from the last one; none of one that has been solved meanwhile. */
  async enrich(rows: readonly TicketRow[], { tx, now }: Delivery): Promise<Draft[]> {
    if (rows.length === 0) return [];
    const tickets = new TicketStore(tx);
    const backgrounds = await tickets.backgrounds(rows);
    const { model } = this.classifier;
    const results: TicketResult[] = [];
    const events: Draft[] = [];
    // A customer's tickets of one call know each other too: the earlier first.
    const earlierOf = new Map<string, Earlier>();
    for (const row of rows.toSorted(byReceipt)) {
      const background = backgrounds.get(row.ticketId)!;
      const record = this.#record(row, background, latestCategory(background, earlierOf.get(row.customerId)), model, now);
      const category = record.category.value;
      if (category !== null) earlierOf.set(row.customerId, { category, receivedAt: row.receivedAt });
      const hash = createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 16);
      const news = hash !== row.said && (row.said === null || !row.solved);
      results.push({ ticketId: row.ticketId, category, classifiedBy: model?.version ?? null, said: news ? hash : row.said });
      if (news) events.push(TicketEnriched(row.ticketId, { ...record, enrichedAt: now.toISOString() }));
    }
    await tickets.save(results);
    return events;
  }

  /** Everything readers get but the instant: the same facts give the same record. */
  #record(row: TicketRow, background: Background, lastCategory: string | null, model: Model | null, now: Date) {
    const { ticketsTotal, ticketsLast30Days, recentAgentIds } = background;
    const tier = background.tier ?? undefined;
    const accountStatus = background.accountStatus ?? undefined;
    const input = {
      subject: row.subject,
      body: row.body,
      channel: row.channel,
      declaredLanguage: row.declaredLanguage ?? background.language ?? undefined,
      attachments: row.attachments,
      customer: { tier, accountStatus },
      history: { ticketsTotal, ticketsLast30Days, lastCategory, reopenedCount: row.reopenings },
    };
    const { category, complexity, priority, language, sentiment, wantsHuman } = enrich(input, model, now);
    const missing: TicketEnriched['data']['missing'] = [];
    if (model === null) missing.push('classifier');
    if (this.crm.configured && row.address !== null && !background.profileKnown) missing.push('crm');
    return {
      category: wire(category),
      complexity: wire(complexity),
      priority: wire(priority),
      language: wire(language),
      sentiment: wire(sentiment),
      wantsHuman: wire(wantsHuman),
      customer: { customerId: row.customerId, tier, accountStatus, ticketsTotal, ticketsLast30Days, recentAgentIds: [...recentAgentIds] },
      missing,
    };
  }
}

const byReceipt = (a: TicketRow, b: TicketRow): number =>
  a.receivedAt.getTime() - b.receivedAt.getTime() || (a.ticketId < b.ticketId ? -1 : 1);

const latestCategory = ({ lastCategory, lastCategoryAt }: Background, earlier: Earlier | undefined): string | null =>
  earlier && (lastCategoryAt === null || earlier.receivedAt >= lastCategoryAt) ? earlier.category : lastCategory;

/** Reasons stay here: a record that only argues otherwise is no news. */
const wire = <T>({ value, confidence, source, modelVersion }: Fact<T>): Fact<T> => ({ value, confidence, source, modelVersion });
