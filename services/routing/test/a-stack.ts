import {
  AgentsTopic,
  AssignmentTopic,
  ConfigTopic,
  ConsoleTopic,
  deadLettersOf,
  EnrichmentTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  PerformanceTopic,
  RoutingRoundsTopic,
  RoutingTopic,
  SlaEscalationTopic,
} from '@signalbox/contracts';
import { Stack } from '@signalbox/test-stack';

const READS = [
  IntakeTopic,
  EnrichmentTopic,
  KnowledgeBaseTopic,
  AssignmentTopic,
  AgentsTopic,
  SlaEscalationTopic,
  ConsoleTopic,
  ConfigTopic,
];

/** A stack of its own with all that routing reads and writes; no instance is started. */
export async function aStack(): Promise<Stack> {
  const stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [...READS, RoutingTopic, RoutingRoundsTopic, PerformanceTopic, deadLettersOf('routing')],
  });
  stack.attach('routing', READS);
  return stack;
}
