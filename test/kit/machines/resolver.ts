/** What is known besides what name servers of providers answer. */
export interface Zones {
  /** Host names and their addresses. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Zones of providers, and the address of the name server of each. */
  readonly delegated: Readonly<Record<string, string>>;
}

/** Everything ends in `.example`, which is nobody's (RFC 2606); what is not there does not exist. */
export const resolverConfiguration = (net: { folder: string; address: string; zones: Zones }): string =>
  [
    'server:',
    `  interface: ${net.address}`,
    '  access-control: 0.0.0.0/0 allow',
    `  directory: "${net.folder}"`,
    `  pidfile: "${net.folder}/unbound.pid"`,
    '  chroot: ""',
    '  username: ""',
    '  use-syslog: no',
    '  verbosity: 1',
    '  num-threads: 1',
    '  module-config: "iterator"',
    // Records live for a minute; who waits for them in a test need not.
    '  cache-max-ttl: 2',
    '  cache-max-negative-ttl: 1',
    // A link that was down is tried again at once.
    '  infra-host-ttl: 1',
    '  local-zone: "example." static',
    ...Object.entries(net.zones.hosts).map(([name, address]) => `  local-data: "${name}. A ${address}"`),
    ...Object.keys(net.zones.delegated).map((zone) => `  local-zone: "${zone}." transparent`),
    'remote-control:',
    '  control-enable: no',
    ...Object.entries(net.zones.delegated).flatMap(([zone, address]) => [
      'stub-zone:',
      `  name: "${zone}."`,
      `  stub-addr: ${address}`,
    ]),
    '',
  ].join('\n');
