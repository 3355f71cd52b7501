import { Controller } from '@nestjs/common';
import { ClocksExplained, IdleExplained, NextAnswered, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { idleOutcomeOf } from './domain/idle.js';
import { explanationOf, nextOutcomeOf } from './domain/records.js';
import { saveOutcomes } from './story.store.js';
import { recordChanges } from './change.store.js';

/** What routing and sla-escalation were asked, and answer without changing anything. */
@Controller()
export class NextConsumer {
  @On(NextAnswered)
  async onNextAnswered(events: readonly Received<NextAnswered>[], { tx }: Delivery): Promise<void> {
    await recordChanges(await saveOutcomes(events.map(nextOutcomeOf), tx), tx);
  }

  @On(IdleExplained)
  async onIdleExplained(events: readonly Received<IdleExplained>[], { tx }: Delivery): Promise<void> {
    await recordChanges(await saveOutcomes(events.map(idleOutcomeOf), tx), tx);
  }

  @On(ClocksExplained)
  async onClocksExplained(events: readonly Received<ClocksExplained>[], { tx }: Delivery): Promise<void> {
    await recordChanges(await saveOutcomes(events.map(explanationOf), tx), tx);
  }
}
