import { Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConfigurationStore, type ActiveConfiguration } from './configuration.store.js';
import type { Company } from '@signalbox/contracts';
import type { Ticket } from './domain/ticket.js';
import { viewOf, type Caller, type View } from './domain/visibility.js';
import { TicketQueryStore } from './ticket-query.store.js';

/** What every controller needs first: what the caller may see, under which configuration. */
@Injectable()
export class Desk {
  constructor(
    private readonly configuration: ConfigurationStore,
    private readonly tickets: TicketQueryStore,
    private readonly database: DataSource,
  ) {}

  async of(
    caller: Caller,
  ): Promise<{ view: View; configuration: ActiveConfiguration; declineReasons: readonly Company['declineReasons'][number][] }> {
    const configuration = await this.configuration.active(this.database.manager);
    const [company] = configuration.snapshot.all('company').values();
    return {
      configuration,
      view: viewOf(caller, configuration.queuesOf(caller.agentId)),
      declineReasons: company?.declineReasons ?? [],
    };
  }

  /** @throws NotFoundException also when it exists and the caller may not know. */
  async ticketFor(caller: Caller, ticketId: string): Promise<{ ticket: Ticket; view: View; configuration: ActiveConfiguration }> {
    const desk = await this.of(caller);
    const ticket = await this.tickets.find(desk.view, ticketId);
    if (!ticket) throw new NotFoundException(`ticket '${ticketId}' does not exist, or is not yours to see`);
    return { ...desk, ticket };
  }
}
