import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { randomBytes, randomInt } from 'node:crypto';
import { byKey } from './partitioner.js';

const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({ partitionId, leader: 0 }) as PartitionMetadata);

it('gives each key the partition that kafkajs and Kafka give it', () => {
  const [ours, theirs] = [byKey(), Partitioners.DefaultPartitioner()];
  for (let nth = 0; nth < 3_000; nth += 1) {
    const key = nth % 2 === 0 ? randomBytes(randomInt(0, 40)) : `ticket-${nth}-ü€`.slice(0, nth % 14);
    const message = { topic: 't', partitionMetadata, message: { key, value: null } };
    expect([key, ours(message)]).toEqual([key, theirs(message)]);
  }
});

it('keeps a partition that is named', () => {
  expect(byKey()({ topic: 't', partitionMetadata, message: { key: 'a', partition: 7, value: null } })).toBe(7);
});
