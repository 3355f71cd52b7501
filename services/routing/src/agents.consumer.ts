import { Controller, Inject } from '@nestjs/common';
import { AgentState, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AgentStore } from './agent.store.js';
import { ProposalStore } from './proposal.store.js';
import { Matching } from './matching.js';
import { activePolicy } from './ticket.store.js';

@Controller()
export class AgentsConsumer {
  constructor(@Inject(Matching) private readonly matching: Matching) {}

  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], delivery: Delivery): Promise<void> {
    const { tx, config } = delivery;
    const agents = new AgentStore(tx);
    // A ticket may be kept for somebody who is busy: more of other work is news to it.
    const waitedFor = (activePolicy(config)?.policy.startWithinMinutes ?? null) !== null;
    const states = events.map(({ agentId, data }) => ({ agentId, state: data }));
    const domains = await agents.save(states, config, { waitedFor });
    await agents.wentAndCame(events.map(({ agentId, at, data }) => ({ agentId, at, offline: data.presence === 'offline' })));
    const freed = await new ProposalStore(tx).caughtUp(events.map(({ agentId, data }) => ({ agentId, agentVersion: data.agentVersion })));
    await agents.roomChanged(freed);
    this.matching.ask(delivery, domains);
  }
}
