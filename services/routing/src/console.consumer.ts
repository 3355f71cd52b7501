import { Controller, Inject } from '@nestjs/common';
import { NextRequested, WhyIdleRequested, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Matching } from './matching.js';
import { NextRequestStore, type NextRequest } from './next-request.store.js';

@Controller()
export class ConsoleConsumer {
  constructor(@Inject(Matching) private readonly matching: Matching) {}

  /** Kept until a round answers it: whoever asked is told, whatever dies in between. */
  @On(NextRequested)
  async onNextRequested(requests: readonly Received<NextRequested>[], delivery: Delivery): Promise<void> {
    await this.#keep('next', requests, delivery);
  }

  @On(WhyIdleRequested)
  async onWhyIdleRequested(requests: readonly Received<WhyIdleRequested>[], delivery: Delivery): Promise<void> {
    await this.#keep('why-idle', requests, delivery);
  }

  async #keep(
    kind: NextRequest['kind'],
    requests: readonly Received<NextRequested | WhyIdleRequested>[],
    delivery: Delivery,
  ): Promise<void> {
    const asked = requests.map(({ id, agentId, correlationId, traceparent }) => ({
      kind,
      requestId: id,
      agentId,
      cause: { id, correlationId, traceparent },
    }));
    this.matching.ask(delivery, await new NextRequestStore(delivery.tx).insert(asked, delivery.now));
  }
}
