import { Controller, Inject } from '@nestjs/common';
import { AgentState, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { ProposalStore } from './proposal.store.js';
import { Rounds } from './rounds.js';

@Controller()
export class AgentsConsumer {
  constructor(@Inject(Rounds) private readonly rounds: Rounds) {}

  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], delivery: Delivery): Promise<void> {
    const { tx } = delivery;
    const agents = new AgentStore(tx);
    await agents.save(events.map(({ agentId, data }) => ({ agentId, state: data })));
    await agents.wentAndCame(events.map(({ agentId, at, data }) => ({ agentId, at, offline: data.presence === 'offline' })));
    await new ProposalStore(tx).caughtUp(events.map(({ agentId, data }) => ({ agentId, agentVersion: data.agentVersion })));
    this.rounds.ask(delivery);
  }
}
