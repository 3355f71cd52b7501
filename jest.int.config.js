import base from './jest.config.js';

/** Tests on the real Kafka and PostgreSQL: found or started once for the whole run. */
export default {
  ...base,
  testMatch: ['**/*.int.spec.ts'],
  globalSetup: './libs/test-stack/jest/start.js',
  globalTeardown: './libs/test-stack/jest/stop.js',
};
