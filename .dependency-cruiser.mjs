/**
 * The house's walls. Each rule says why it stands; test/rules/fixtures has a file that breaks it, and a test sees it broken.
 * The same rules are used on the fixtures, whose folders are laid out like the house.
 */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one room; split by meaning.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contexts-do-not-import-contexts',
      comment: 'A context knows the others’ contracts only (docs/adr/0002).',
      severity: 'error',
      from: { path: '(?:^|/)services/(accounts|catalog|provisioning|deployment|portability|gateway|audit|agent)/' },
      to: {
        path: '(?:^|/)services/(accounts|catalog|provisioning|deployment|portability|gateway|audit|agent|freehold)/',
        pathNot: '(?:^|/)services/$1/',
      },
    },
    {
      name: 'contracts-are-zod-only',
      comment: 'What crosses a border has no library behind it but zod.',
      severity: 'error',
      from: { path: '(?:^|/)contracts/[^/]+/src/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '(?:^|/)contracts/|node_modules/zod/' },
    },
    {
      name: 'libraries-know-no-context',
      comment: 'A library is domain-free: of the contracts it knows the kernel, and the platform the two that it asks.',
      severity: 'error',
      from: { path: '(?:^|/)libs/' },
      to: { path: '(?:^|/)contracts/(catalog|provisioning|deployment)/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'decide, evolve, tables and projections are functions of their arguments (rule 1 of the style).',
      severity: 'error',
      from: { path: ['(?:^|/)domain/', '\\.(projection|process)\\.ts$'], pathNot: '\\.spec\\.ts$' },
      to: {
        path: [
          '^(node:)?(fs|net|http|https|http2|dns|tls|child_process|cluster|os|process|timers|worker_threads)(/|$)',
          'node_modules/(@nestjs|@mikro-orm|@nats-io|@opentelemetry|pino|nestjs-pino|rxjs|pg)/',
        ],
      },
    },
    {
      name: 'domain-runs-no-plumbing',
      comment: 'Pure code may speak of an outcome or a secret (types), it answers and opens none.',
      severity: 'error',
      from: { path: ['(?:^|/)domain/', '\\.(projection|process)\\.ts$'], pathNot: '\\.spec\\.ts$' },
      to: { path: '(?:^|/)libs/(platform|vault|supervisor)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-door',
      comment: 'A package is entered by its public door, not by a path into its rooms.',
      severity: 'error',
      from: { path: '(?:^|/)(contracts|libs|services)/([^/]+)/' },
      to: {
        path: '(?:^|/)(contracts|libs|services)/[^/]+/src/',
        pathNot: [
          '(?:^|/)$1/$2/src/',
          '/src/index\\.ts$',
          '/src/(testing|laws)/index\\.ts$',
          '/supervisor/src/nkey\\.ts$',
          '/platform/src/processes/process\\.view\\.ts$',
        ],
      },
    },
    {
      name: 'only-the-gateway-and-the-agent-speak-http',
      comment: 'Services talk through NATS, also when they share a process.',
      severity: 'error',
      from: {
        path: '(?:^|/)services/(accounts|catalog|provisioning|deployment|portability|audit)/',
        pathNot: '\\.spec\\.ts$',
      },
      to: { path: '^(node:)?https?$|node_modules/(@nestjs/platform-express|express|httpxy|undici)/' },
    },
    {
      name: 'tests-stay-outside',
      comment: 'What is delivered imports no spec, fixture, fake, conformance suite or test tool.',
      severity: 'error',
      from: {
        path: '(?:^|/)(contracts|libs|services)/[^/]+/src/',
        pathNot: ['\\.(spec|conformance|properties|fixture)\\.ts$', '/testing/', '/laws/'],
      },
      to: {
        path: [
          '\\.(spec|conformance|properties|fixture)\\.ts$',
          '/src/(testing|laws)/',
          'node_modules/(@jest|jest|fast-check)/',
          '(?:^|/)test/',
        ],
      },
    },
    {
      name: 'successor-of-nats',
      comment: 'The package nats is the past; its successor is @nats-io/* (docs/adr/0001).',
      severity: 'error',
      from: {},
      to: { path: '^nats$|node_modules/nats/' },
    },
    {
      name: 'only-the-executable-knows-services',
      comment: 'A service is started by the executable and reached over NATS, by nobody else.',
      severity: 'error',
      from: { path: '(?:^|/)(contracts|libs|services)/', pathNot: '(?:^|/)services/|^test/contracts/' },
      to: { path: '(?:^|/)services/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)dist/|(?:^|/)test/rules/fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
