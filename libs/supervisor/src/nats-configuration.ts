import type { NatsAccount, NatsUser } from './ground.options.js';

export interface NatsConfiguration {
  readonly serverName: string;
  readonly port: number;
  readonly storeFolder: string;
  readonly maxFileBytes: number;
  readonly durable: boolean;
  readonly accounts: readonly NatsAccount[];
  /** Public key of a user. */
  publicKey(account: string, user: string): string;
}

/**
 * The text of nats-server.conf. Keys in it are public ones. No monitoring port, loopback only.
 * Format: https://docs.nats.io/running-a-nats-service/configuration
 */
export function renderNatsConfiguration(configuration: NatsConfiguration): string {
  const { accounts, publicKey } = configuration;
  return `# Written by Freehold at every start; changes are lost.
server_name: ${quoted(configuration.serverName)}
listen: "127.0.0.1:${configuration.port}"
max_payload: 1MB
logtime_utc: true

# Signing takes its time where many services start at once on a busy machine; after the default of 2 s some would be
# turned away, and a client that is takes 20 s to try again.
authorization { timeout: 30 }

jetstream {
  store_dir: ${quoted(configuration.storeFolder)}
  max_mem: 256MB
  max_file: ${configuration.maxFileBytes}
  sync_interval: ${configuration.durable ? 'always' : '"2m"'}
}

accounts {
${accounts.map((account) => renderAccount(account, publicKey)).join('\n')}
}
`;
}

function renderAccount(account: NatsAccount, publicKey: NatsConfiguration['publicKey']): string {
  const users = account.users.map((user) => renderUser(user, publicKey(account.name, user.name)));
  return `  ${quoted(account.name)}: {
    jetstream: enabled
    users: [
${users.join('\n')}
    ]
  }`;
}

function renderUser(user: NatsUser, publicKey: string): string {
  const permissions = [
    `publish: ${renderSubjects(user.publish)}`,
    `subscribe: ${renderSubjects(user.subscribe)}`,
    ...(user.allowResponses === true ? ['allow_responses: true'] : []),
  ];
  return `      # ${user.name}\n      { nkey: ${publicKey}, permissions: { ${permissions.join(', ')} } }`;
}

/** An empty `allow` would mean everything to the server, so nothing is said as a denial. */
function renderSubjects(subjects: readonly string[]): string {
  return subjects.length === 0 ? '{ deny: [">"] }' : `{ allow: [${subjects.map(quoted).join(', ')}] }`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
