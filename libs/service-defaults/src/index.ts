export { baseEnvironment, parseEnvironment, type BaseEnvironment } from './environment.js';
export { connectAndMigrate, databaseFor, type MigrationClass } from './migrate.js';
export { Metrics } from './metrics.js';
export { OperatorGuard } from './operator.controller.js';
export { Readiness } from './readiness.js';
export { ProblemFilter } from './problem.filter.js';
export { kafkaOptionsOf, runService, startService, type RunningService, type ServiceDefinition } from './service.js';
