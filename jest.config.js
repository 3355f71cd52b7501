/** One configuration for every kind of test; the npm scripts choose files by path. Sources, never dist (exports condition). */
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['signalbox-source', 'node', 'node-addons'] },
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.signalbox/'],
  modulePathIgnorePatterns: ['/dist/', '/.nx/'],
  testTimeout: 60_000,
};
