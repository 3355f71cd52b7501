import base from './jest.config.js';

/** Journeys through the running system: `npm start` itself, over its public doors. */
export default { ...base, testMatch: ['**/e2e/*.e2e.spec.ts'], testTimeout: 600_000 };
