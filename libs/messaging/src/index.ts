export { On } from './on.js';
export { isInfrastructure, Unprocessable } from './unprocessable.js';
export type { CommandHandler, Delivery, EventHandler, Outcome } from './delivery.js';
export { UnitOfWork, type LockAll, type UnitReport } from './unit-of-work.js';
export { appliedBundles, ConfigurationSnapshot, NO_CONFIGURATION, type AppliedBundle } from './configuration.js';
export { type DeadLetter } from './dead-letter.store.js';
export { GATHER_LIMITS, type GatherLimits } from './gatherer.js';
export { MessagingModule } from './messaging.module.js';
export { KafkaTransport, type MessagingOptions } from './transport.js';
export { messagingMigrations } from './messaging.migration.js';
export { Publisher, whyKafkaIsAway, type KafkaOptions } from './kafka.js';
export {
  deleteTopics,
  KafkaInspector,
  provisionTopics,
  readTopics,
  tailTopics,
  topicsToProvision,
  type ReadingOptions,
} from './kafka-admin.js';
export { headerText, readEvent, completeEvent, writeEvent, nextTraceparent, type RawRecord } from './wire.js';
export type { PublishedRecord } from './relay.js';
