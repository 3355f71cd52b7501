import { Controller } from '@nestjs/common';
import { ClocksRecomputed, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { RecomputationStore } from './recomputation.store.js';

@Controller()
export class RecomputationConsumer {
  constructor(private readonly recomputations: RecomputationStore) {}

  @On(ClocksRecomputed)
  async onClocksRecomputed(events: readonly Received<ClocksRecomputed>[], { tx }: Delivery): Promise<void> {
    await this.recomputations.keep(events, tx);
  }
}
