// Exceptions from the house's rules, each with its reason. These lists may only shrink: an entry that is not needed any
// more is a finding itself (rule `exceptions-shrink` in test/rules/files).

/** Where process.env may be read: what parses configuration, and the bootstrap, which runs before there is any. */
export const environmentReaders = [
  'deploy/bootstrap/hand-over.mjs', // passes the environment on to Node 24
  'deploy/bootstrap/nats-server.mjs', // FREEHOLD_NATS_SERVER, and Go's environment
  'deploy/bootstrap/packages.mjs', // npm's environment
  'deploy/bootstrap/places.mjs', // XDG_CACHE_HOME
  'deploy/bootstrap/programs.mjs', // PATH
  'deploy/bootstrap/test-run.mjs', // CI
  'libs/platform/src/configuration/environment.ts', // hands it to each service's configuration schema
  'libs/supervisor/src/testing/test-ground.config.ts', // configuration of the tests' ground, by a schema
  'services/agent/src/agent.config.ts', // what pip needs to reach an index
  'services/freehold/src/freehold.config.ts', // the executable's own, before anything else is loaded
  'test/setup/global-setup.mjs', // tells the workers where the ground of the run is
  'test/setup/global-teardown.mjs', // the same
];
