import { describe, expect, it } from '@jest/globals';
import { PublishedName, PublishedZone } from '@freehold/provisioning-contract';
import fc from 'fast-check';
import { nameDecider, type NameCommand } from './name.js';
import type { Name } from './name.states.js';
import { recordSetOf, zoneRecordsOf } from './record-set.js';

const [operator, deployment, environment] = [
  '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0001',
  '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001',
  '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0003',
];
const text = 'chat.freehold.test';
const router = { address: '127.0.0.2' };
const enciphered = { $enciphered: operator, place: '_/name.name', iv: '', data: '' };
const marks = { givenUp: new Set<string>(), delegationUndone: new Set<string>() };
const held = { ...marks, operator, deployment, name: enciphered, via: null };
const attached: Name = { ...held, status: 'attached', environment };
const away: Name = {
  ...held,
  status: 'delegated-away',
  environment,
  way: { to: 'https://cloud.example', address: '2001:db8::1', port: 443 },
};

describe('the record set of a name', () => {
  it('leads to the router of the host where its environment is', () => {
    expect(recordSetOf(attached, text, router)).toEqual({
      name: text,
      ttlS: 60,
      records: [{ type: 'A', data: '127.0.0.2' }],
    });
  });

  it('leads to the new holder once the deployment left', () => {
    expect(recordSetOf(away, text, null)?.records).toEqual([{ type: 'AAAA', data: '2001:db8::1' }]);
  });

  it.each<[string, Name, string | null]>([
    ['free', { ...marks, status: 'free' }, text],
    ['only claimed', { ...held, status: 'claimed' }, text],
    ['of another provider’s zone', { ...attached, via: 'https://cloud.example' }, text],
    ['erased', attached, null],
  ])('is empty while the name is %s', (_, state, name) => expect(recordSetOf(state, name, router)).toBeNull());

  it('is empty while the environment has no host', () => expect(recordSetOf(attached, text, null)).toBeNull());

  it('leads nowhere but to the holder, whatever happened', () => {
    const deployments = fc.constantFrom(deployment, operator, environment);
    const way = fc.record({
      to: fc.constantFrom('https://a.example', 'https://b.example'),
      address: fc.ipV4(),
      port: fc.constant(443),
    });
    const commands = fc.oneof<fc.Arbitrary<NameCommand>[]>(
      deployments.map((by) => ({ type: 'claim', operator, deployment: by, purpose: '', name: enciphered, via: null })),
      deployments.map((by) => ({ type: 'attach', deployment: by, environment })),
      deployments.map((by) => ({ type: 'give-up', deployment: by })),
      deployments.map((by) => ({ type: 'undo-delegation', deployment: by })),
      deployments.map((by) => ({ type: 'reclaim', operator, deployment: by })),
      fc.tuple(deployments, way).map(([by, there]) => ({ type: 'delegate', deployment: by, ...there })),
      fc
        .tuple(fc.constantFrom('https://a.example', 'https://b.example'), way)
        .map(([by, there]) => ({ type: 'redirect', by, ...there })),
    );
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 30 }), (sent) => {
        let state = nameDecider.initialState();
        for (const command of sent) {
          const before = state.status;
          const decision = nameDecider.decide(command, state);
          if (decision.kind === 'accepted')
            for (const event of decision.events) state = nameDecider.evolve(state, event);
          if (command.type === 'claim' && before === 'delegated-away') expect(decision.kind).toBe('refused');
          const shown = recordSetOf(state, text, router);
          if (shown !== null) PublishedName.parse(shown);
          const expected =
            state.status === 'attached' ? '127.0.0.2' : state.status === 'delegated-away' ? state.way.address : null;
          expect(shown?.records.map(({ data }) => data) ?? []).toEqual(expected === null ? [] : [expected]);
        }
      }),
    );
  });
});

describe('the records of the zone', () => {
  const one = { name: 'one', address: '127.0.0.2', dnsPort: 53 };
  it('name a server on each host that has one', () => {
    const zone = zoneRecordsOf(
      'freehold.test',
      [{ ...one, name: 'two' }, one, { ...one, name: 'three', dnsPort: null }],
      7,
    );
    expect(PublishedZone.parse(zone)).toMatchObject({
      primary: 'one.ns.freehold.test',
      serial: 7,
      nameServers: [{ name: 'one.ns.freehold.test' }, { name: 'two.ns.freehold.test' }],
    });
  });

  it('are valid before any host has joined', () => {
    expect(PublishedZone.parse(zoneRecordsOf('freehold.test', [], 2 ** 32)).serial).toBe(0);
  });
});
