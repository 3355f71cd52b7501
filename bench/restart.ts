import { ConfigTopic, EnrichmentTopic, IntakeTopic, KnowledgeBaseTopic, RoutingTopic } from '@signalbox/contracts';
import { KafkaInspector, tailTopics } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Company, factsOf, stateOf } from './company.ts';
import { endOf, peer } from './measure.ts';

export interface Restart {
  readonly agents: number;
  readonly waiting: number;
  readonly how: 'ended' | 'killed';
  /** From the start of the new process to the first proposal that is to be read. */
  readonly firstProposalMs: number;
  /** To as many as fill nine tenths of the room of the agents who became free while routing was away. */
  readonly mostProposalsMs: number;
}

const AGENTS = 10_000;
const WAITING = 100_000;
const UNITS_MAX = 4;
/** So many agents become free while routing is away. */
const FREED = 50;
const MOST = 0.9 * FREED * UNITS_MAX;
const TICKETS_AT_ONCE = 2_000;
const INGESTED_WITHIN_MS = 600_000;
const PROPOSED_WITHIN_MS = 60_000;
const root = resolve(import.meta.dirname, '..');

/**
 * services/routing with 10,000 agents who are all full and 100,000 waiting tickets, restarted: once in order, once by SIGKILL, after which
 * Kafka waits for the dead member's session to end. Agents who became free meanwhile show when it decides again.
 */
export async function restartOfRouting(progress: (line: string) => void): Promise<Restart[]> {
  const infrastructure = await startInfrastructure({ stateDir: join(root, '.signalbox', 'bench'), progress });
  const stack = await Stack.start({ ...infrastructure, listen: false });
  const inspector = new KafkaInspector(stack.kafka);
  /** Each once: nobody answers, so they are sent again. */
  const seen = new Set<string>();
  const proposedAt: number[] = [];
  const stopTail = await tailTopics({
    ...stack.kafka,
    topics: [RoutingTopic.name],
    fromBeginning: true,
    onRecord: ({ value }) => {
      const { type, data } = JSON.parse(value!.toString()) as { type: string; data: { proposalId: string } };
      if (type !== 'AssignmentProposed' || seen.has(data.proposalId)) return;
      seen.add(data.proposalId);
      proposedAt.push(performance.now());
    },
  });
  const environment = { ...(await stack.environmentFor('routing')), SIGNALBOX_END_WITH_STDIN: 'true' };
  const start = (): ChildProcess => peer(join(root, 'services/routing/dist/main.js'), [], environment);
  let routing = start();
  try {
    await inspector.connect();
    const company = new Company(AGENTS, UNITS_MAX);
    const heldBy = (agentId: string): string[] => Array.from({ length: UNITS_MAX }, (_, nth) => `held-${agentId}-${nth}`);
    await stack.publish(...company.configuration({ withAgents: false }));
    await stack.publish(...company.agents.map((agent) => stateOf(agent, 1, heldBy(agent.agentId))));
    for (let sent = 0; sent < WAITING; sent += TICKETS_AT_ONCE)
      await stack.publish(...Array.from({ length: TICKETS_AT_ONCE }, () => company.ticket(Date.now())).flatMap(factsOf));
    const topics = [IntakeTopic, EnrichmentTopic, KnowledgeBaseTopic, ConfigTopic].map(({ name }) => name);
    for (const deadline = Date.now() + INGESTED_WITHIN_MS; (await inspector.lag('signalbox.routing', topics)) > 0n; await sleep(1_000))
      if (Date.now() > deadline) throw new Error(`routing has not read ${WAITING} tickets within ${INGESTED_WITHIN_MS} ms`);
    const all: Restart[] = [];
    for (const [nth, how] of (['ended', 'killed'] as const).entries()) {
      if (how === 'ended') await endOf(routing);
      else {
        routing.kill('SIGKILL');
        await once(routing, 'exit');
      }
      const freed = company.agents.slice(nth * FREED, (nth + 1) * FREED);
      await stack.publish(...freed.map((agent) => stateOf(agent, 2, [])));
      proposedAt.length = 0;
      const from = performance.now();
      routing = start();
      for (const deadline = from + PROPOSED_WITHIN_MS; proposedAt.length < MOST; await sleep(20))
        if (performance.now() > deadline) throw new Error(`${proposedAt.length} proposals within ${PROPOSED_WITHIN_MS} ms`);
      const one = {
        agents: AGENTS,
        waiting: WAITING,
        how,
        firstProposalMs: Math.round(proposedAt[0]! - from),
        mostProposalsMs: Math.round(proposedAt[MOST - 1]! - from),
      };
      progress(`restart: ${JSON.stringify(one)}`);
      all.push(one);
    }
    return all;
  } finally {
    await endOf(routing);
    await stopTail();
    await inspector.disconnect();
    await stack.stop();
    await infrastructure.stop();
  }
}
