import { Controller, Inject } from '@nestjs/common';
import { NextRequested, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Matching } from './matching.js';
import { NextRequestStore } from './next-request.store.js';

@Controller()
export class ConsoleConsumer {
  constructor(@Inject(Matching) private readonly matching: Matching) {}

  /** Kept until a round answers it: whoever asked is told, whatever dies in between. */
  @On(NextRequested)
  async onNextRequested(requests: readonly Received<NextRequested>[], delivery: Delivery): Promise<void> {
    const asked = requests.map(({ id, agentId, correlationId, traceparent }) => ({
      requestId: id,
      agentId,
      cause: { id, correlationId, traceparent },
    }));
    this.matching.ask(delivery, await new NextRequestStore(delivery.tx).insert(asked, delivery.now));
  }
}
