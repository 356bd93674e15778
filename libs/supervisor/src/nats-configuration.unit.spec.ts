import { expect, it } from '@jest/globals';
import { renderNatsConfiguration, type NatsConfiguration } from './nats-configuration.js';

const configuration: NatsConfiguration = {
  serverName: 'freehold-1',
  port: 4333,
  storeFolder: '/srv/a "quoted" folder/store',
  maxFileBytes: 1000,
  durable: true,
  accounts: [
    {
      name: 'CELL',
      jetstream: true,
      users: [
        {
          name: 'accounts',
          publish: ['op.>', 'log.*.accounts.>'],
          subscribe: ['_INBOX.accounts.>'],
          allowResponses: true,
        },
        { name: 'mute', publish: [], subscribe: [] },
      ],
    },
  ],
  publicKey: (account, user) => `U-${account}-${user}`,
};

it('listens on this machine only, syncs every message and has no monitoring port', () => {
  const text = renderNatsConfiguration(configuration);
  expect(text).toContain('listen: "127.0.0.1:4333"');
  expect(text).toContain('sync_interval: always');
  expect(text).not.toMatch(/^\s*(http|https|monitor_port)/m);
});

it('gives services that start at once time to sign', () => {
  expect(renderNatsConfiguration(configuration)).toContain('authorization { timeout: 30 }');
});

it('gives up durability only when asked', () => {
  expect(renderNatsConfiguration({ ...configuration, durable: false })).not.toContain('always');
});

it('allows what is named, and nothing to whom nothing is allowed', () => {
  const text = renderNatsConfiguration(configuration);
  expect(text).toContain(
    '{ nkey: U-CELL-accounts, permissions: { publish: { allow: ["op.>", "log.*.accounts.>"] }, ' +
      'subscribe: { allow: ["_INBOX.accounts.>"] }, allow_responses: true } }',
  );
  expect(text).toContain(
    '{ nkey: U-CELL-mute, permissions: { publish: { deny: [">"] }, subscribe: { deny: [">"] } } }',
  );
});

it('quotes paths', () => {
  expect(renderNatsConfiguration(configuration)).toContain(String.raw`store_dir: "/srv/a \"quoted\" folder/store"`);
});
