import { Controller, Inject } from '@nestjs/common';
import { NextRequested, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { NextRequestStore } from './next-request.store.js';
import { Rounds } from './rounds.js';

@Controller()
export class ConsoleConsumer {
  constructor(@Inject(Rounds) private readonly rounds: Rounds) {}

  /** Kept until a round answers it: whoever asked is told, whatever dies in between. */
  @On(NextRequested)
  async onNextRequested(requests: readonly Received<NextRequested>[], delivery: Delivery): Promise<void> {
    const asked = requests.map(({ id, agentId, correlationId, traceparent }) => ({
      requestId: id,
      agentId,
      cause: { id, correlationId, traceparent },
    }));
    await new NextRequestStore(delivery.tx).insert(asked, delivery.now);
    this.rounds.ask(delivery);
  }
}
