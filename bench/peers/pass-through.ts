import { Kafka, logLevel } from 'kafkajs';

/**
 * The bare minimum with kafkajs: consume in batches, parse, stringify, produce with acks of all. No database, no promise kept.
 * Several inputs are parted by commas; without an output it only reads.
 */
const [brokers, group, inputs, output] = process.argv.slice(2) as [string, string, string, string];
const kafka = new Kafka({ clientId: group, brokers: brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 500, maxBytes: 4_000_000, allowAutoTopicCreation: false });
await producer.connect();
await consumer.connect();
const topics = inputs.split(',');
await consumer.subscribe({ topics, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 12 * topics.length,
  autoCommit: false,
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch, resolveOffset }) => {
    const messages = batch.messages.map(({ key, value }) => ({ key, value: JSON.stringify(JSON.parse(value!.toString('utf8'))) }));
    if (output !== '') await producer.send({ topic: output, acks: -1, messages });
    resolveOffset(batch.lastOffset());
    await consumer.commitOffsets([
      { topic: batch.topic, partition: batch.partition, offset: (BigInt(batch.lastOffset()) + 1n).toString() },
    ]);
  },
});
process.stdin.on('end', () => process.exit(0)).resume();
