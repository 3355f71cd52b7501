import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { TicketEnriched, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler, type Delivery } from '@signalbox/messaging';
import { Classifier } from './classifier.js';
import { CrmClient, type CrmProfile } from './crm.client.js';
import { enrich } from './domain/enrich.js';
import { EnrichmentStore, type Background, type TicketRow } from './enrichment.store.js';

/** Tickets enriched again in one unit when better data arrives. */
const AGAIN_MAX = 200;

/** Says what tickets are about, now with what is known, and again when more is. */
@Injectable()
export class Enricher implements OnApplicationBootstrap {
  readonly #logger = new Logger('Enricher');

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Classifier) private readonly classifier: Classifier,
    @Inject(CrmClient) private readonly crm: CrmClient,
  ) {}

  onApplicationBootstrap(): void {
    this.classifier.onTrained(() => void this.#repeatMissing());
  }

  async enrichAll(rows: readonly TicketRow[], { tx, now }: Delivery): Promise<Draft[]> {
    const store = new EnrichmentStore(tx);
    const backgrounds = await store.backgrounds(rows);
    const results = rows.map((row) => this.#enrich(row, backgrounds.get(row.ticketId)!, now));
    await store.saveResult(results);
    if (this.crm.configured)
      for (const [index, row] of rows.entries()) if (results[index]!.missing.includes('crm')) this.#askCrm(row.address);
    return results.map((result) => result.event);
  }

  #enrich(row: TicketRow, background: Background, now: Date) {
    const missing = [
      ...(this.classifier.model === null ? (['classifier'] as const) : []),
      ...(this.crm.configured && !background.profileKnown ? (['crm'] as const) : []),
    ];
    const enrichment = enrich(
      {
        subject: row.subject,
        body: row.body,
        channel: row.channel,
        declaredLanguage: row.declaredLanguage ?? background.language,
        attachments: row.attachments,
        customer: { tier: background.tier, accountStatus: background.accountStatus },
        history: {
          ticketsTotal: background.ticketsTotal,
          ticketsLast30Days: background.ticketsLast30Days,
          lastCategory: background.lastCategory,
        },
      },
      this.classifier.model,
      now,
    );
    const { category, complexity, priority, language, sentiment, wantsHuman } = enrichment;
    const event = TicketEnriched(row.ticketId, {
      category,
      complexity,
      priority,
      language,
      sentiment,
      wantsHuman,
      customer: {
        customerId: row.customerId,
        tier: background.tier,
        accountStatus: background.accountStatus as never,
        ticketsTotal: background.ticketsTotal,
        ticketsLast30Days: background.ticketsLast30Days,
        recentAgentIds: background.recentAgentIds,
      },
      missing,
      enrichedAt: now.toISOString(),
    });
    return { ticketId: row.ticketId, category: category.value, missing, event };
  }

  /** Beside the flow: the ticket has gone on already. */
  #askCrm(address: string): void {
    this.crm
      .profileOf(address)
      .then((profile) => (profile ? this.unit.submit(this.#onProfile, { address, profile }) : undefined))
      .catch((error: Error) => this.#logger.warn(`CRM profile not stored: ${error.message}`));
  }

  readonly #onProfile: CommandHandler<{ address: string; profile: CrmProfile }, void> = async (answers, delivery) => {
    const store = new EnrichmentStore(delivery.tx);
    await store.saveProfiles(
      answers.map(({ address, profile }) => ({
        address,
        crmCustomerId: null,
        tier: profile.tier,
        accountStatus: profile.accountStatus,
        language: null,
        source: 'crm' as const,
        removed: false,
      })),
      delivery.now,
    );
    const events = await this.again({ addresses: answers.map(({ address }) => address) }, delivery);
    return answers.map((_, index) => ({ events: index === 0 ? events : [], answer: undefined }));
  };

  async again(which: { missing: string } | { addresses: readonly string[] }, delivery: Delivery): Promise<Draft[]> {
    const rows = await new EnrichmentStore(delivery.tx).unfinished(which, AGAIN_MAX);
    return rows.length === 0 ? [] : this.enrichAll(rows, delivery);
  }

  async #repeatMissing(): Promise<void> {
    try {
      while ((await this.unit.submit(this.#repeat, undefined)) >= AGAIN_MAX);
    } catch (error) {
      this.#logger.warn(`tickets without a category wait for the next look: ${(error as Error).message}`);
    }
  }

  readonly #repeat: CommandHandler<undefined, number> = async (asked, delivery) => {
    const events = this.classifier.model === null ? [] : await this.again({ missing: 'classifier' }, delivery);
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer: events.length }));
  };
}
