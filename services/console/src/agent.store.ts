import { Injectable } from '@nestjs/common';
import type { AgentState } from '@signalbox/contracts';
import { DataSource } from 'typeorm';

/** Agents' live state, as assignment published it last. */
@Injectable()
export class AgentStore {
  constructor(private readonly database: DataSource) {}

  /** @param agentIds all when not given, removed ones never */
  async states(agentIds?: readonly string[]): Promise<Map<string, AgentState['data']>> {
    const rows = (await this.database.query(
      `select agent_id, state from agent_state where ($1::text[] is null or agent_id = any($1)) and state->'removed' is distinct from 'true'
       order by agent_id limit 20000`,
      [agentIds ?? null],
    )) as { agent_id: string; state: AgentState['data'] }[];
    return new Map(rows.map((row) => [row.agent_id, row.state]));
  }
}
