// The house's own lint rules, as a plugin of oxlint: what docs/adr and the style forbid and no ready-made rule finds.
// Rules about several files at once are in test/rules/files. Each has a fixture in test/rules/fixtures that breaks it.
import { asyncInDomain, clockInDomain } from './purity.rules.mjs';
import { bannedName, defaultInEvolve, doubleAssertion, environmentOutsideConfiguration } from './source.rules.mjs';
import { sleepInTest, unfinishedTest } from './test.rules.mjs';

export default {
  meta: { name: 'house' },
  rules: {
    'clock-in-domain': clockInDomain,
    'async-in-domain': asyncInDomain,
    'default-in-evolve': defaultInEvolve,
    'banned-name': bannedName,
    'double-assertion': doubleAssertion,
    'environment-outside-configuration': environmentOutsideConfiguration,
    'sleep-in-test': sleepInTest,
    'unfinished-test': unfinishedTest,
  },
};
