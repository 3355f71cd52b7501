import { Controller } from '@nestjs/common';
import { AgentState, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentPresenceStore } from './agent-presence.store.js';

/** Who is there, and with how much room: what a queue can begin, and whether anybody was there when a deadline was missed. */
@Controller()
export class AgentsConsumer {
  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], { tx }: Delivery): Promise<void> {
    await new AgentPresenceStore(tx).save(events.map(({ agentId, version, at, data }) => ({ agentId, version, at, state: data })));
  }
}
