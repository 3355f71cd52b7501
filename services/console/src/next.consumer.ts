import { Controller } from '@nestjs/common';
import { NextAnswered, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { nextOutcomeOf } from './domain/records.js';
import { saveOutcomes } from './story.store.js';
import { recordChanges } from './change.store.js';

@Controller()
export class NextConsumer {
  /** Routing answers the one request that is about no ticket. */
  @On(NextAnswered)
  async onNextAnswered(events: readonly Received<NextAnswered>[], { tx }: Delivery): Promise<void> {
    await recordChanges(await saveOutcomes(events.map(nextOutcomeOf), tx), tx);
  }
}
