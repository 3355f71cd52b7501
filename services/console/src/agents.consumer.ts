import { Controller } from '@nestjs/common';
import { AgentState, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { AuditStore } from './audit.store.js';
import { recordChanges } from './change.store.js';

const KEEP = `
  insert into agent_state as a (agent_id, state)
  select * from unnest($1::text[], $2::jsonb[]) as x(agent_id, state) order by agent_id
  on conflict (agent_id) do update set state = excluded.state`;

@Controller()
export class AgentsConsumer {
  constructor(private readonly audit: AuditStore) {}

  /** The unit of work hands over only newer versions, in order; of several of one agent the last one holds. */
  @On(AgentState)
  async onAgentState(events: readonly Received<AgentState>[], { tx }: Delivery): Promise<void> {
    const newest = new Map(events.map(({ agentId, data }) => [agentId, data]));
    await tx.query(KEEP, [[...newest.keys()], [...newest.values()].map((state) => JSON.stringify(state))]);
    await this.audit.states(events, tx);
    await recordChanges(
      [...newest.keys()].map((id) => ({ kind: 'agent', id })),
      tx,
    );
  }
}
