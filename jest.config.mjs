// One configuration for every level: *.unit.spec.ts (pure), *.int.spec.ts (real NATS and PostgreSQL), journeys in test/.
export default {
  rootDir: import.meta.dirname,
  testMatch: ['**/*.unit.spec.ts', '**/*.int.spec.ts', '**/*.journey.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/test/rules/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  // The servers of a run (@freehold/supervisor/testing): started by the first test that claims some, ended after the last one.
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
  testTimeout: 120_000,
  workerIdleMemoryLimit: '1GB',
};
