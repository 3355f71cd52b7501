import { Controller, Inject } from '@nestjs/common';
import { AgentState, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { ProposalStore } from './proposal.store.js';
import { Matching } from './matching.js';

@Controller()
export class AgentsConsumer {
  constructor(@Inject(Matching) private readonly matching: Matching) {}

  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], delivery: Delivery): Promise<void> {
    const { tx, config } = delivery;
    const agents = new AgentStore(tx);
    const states = events.map(({ agentId, data }) => ({ agentId, state: data }));
    const domains = await agents.save(states, config);
    await agents.wentAndCame(events.map(({ agentId, at, data }) => ({ agentId, at, offline: data.presence === 'offline' })));
    await new ProposalStore(tx).caughtUp(events.map(({ agentId, data }) => ({ agentId, agentVersion: data.agentVersion })));
    this.matching.ask(delivery, domains);
  }
}
