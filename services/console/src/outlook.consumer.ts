import { Controller } from '@nestjs/common';
import { QueueOutlook, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { OutlookStore } from './outlook.store.js';

@Controller()
export class OutlookConsumer {
  constructor(private readonly outlooks: OutlookStore) {}

  @On(QueueOutlook)
  async onQueueOutlook(events: readonly Received<QueueOutlook>[], { tx }: Delivery): Promise<void> {
    await this.outlooks.keep(events, tx);
  }
}
