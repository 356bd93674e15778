import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { eventually } from '@freehold/supervisor/testing';
import type { RuntimeBackend } from '../runtime-backend.js';
import {
  type BackendHarness,
  digestOf,
  environmentSpec,
  logged,
  present,
  unitSpec,
} from './backend-harness.conformance.js';

const quick = { timeoutMs: 20_000, environment: {} };

/** Addresses of this host that a closed unit must not reach: loopback, and one that leads out if there is one. */
const addresses = (): string[] => [
  '127.0.0.1',
  ...Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
    .slice(0, 1),
];

/** No way in and no way out, and the probes get through. Where a backend cannot close, it says so and starts nothing. */
export function closingConformance(name: string, makeHarness: () => Promise<BackendHarness>): void {
  describe(`${name} closes environments`, () => closing(makeHarness));
}

function closing(makeHarness: () => Promise<BackendHarness>): void {
  let made: BackendHarness;
  let opened: RuntimeBackend;
  const backend = () => opened;
  const harness = () => made;
  const reopen = async () => {
    await opened.close();
    opened = await made.open();
  };
  let listener: Server;
  let mailbox: DatagramSocket;
  let connections: number;
  let datagrams: number;
  beforeEach(async () => {
    made = await makeHarness();
    opened = await made.open();
    connections = datagrams = 0;
    listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    mailbox = createSocket('udp4', () => (datagrams += 1));
    listener.listen(0, '0.0.0.0');
    mailbox.bind(0, '0.0.0.0');
    await Promise.all([once(listener, 'listening'), once(mailbox, 'listening')]);
  });
  afterEach(async () => {
    await opened.close();
    await made.dispose();
    await Promise.all([new Promise((resolve) => listener.close(resolve)), new Promise<void>((r) => mailbox.close(r))]);
  });
  const tcp = () => (listener.address() as AddressInfo).port;
  const udp = () => mailbox.address().port;

  async function serving(closed: boolean) {
    const { id, environment } = await present(backend());
    const port = environment.ports['http'] ?? 0;
    const unit = { ...unitSpec(harness().commands.serve(port)), closed };
    const status = await backend().start(id, unit);
    await logged(backend(), id, 'ready');
    return { id, port, unit, status };
  }
  const run = async (id: string, command: readonly string[], closed?: boolean) =>
    (await backend().exec(id, { ...quick, command, ...(closed === undefined ? {} : { closed }) })).exitCode;

  /** What HTTP answers through the probes' way, or straight on this host's loopback. */
  async function probe(id: string, port: number): Promise<string> {
    const socket = await backend().dial(id, port);
    return new Promise((resolve, reject) => {
      get({ path: '/', createConnection: () => socket, timeout: 5_000 }, (response) => resolve(text(response))).once(
        'error',
        reject,
      );
    });
  }
  async function straight(port: number): Promise<string> {
    return new Promise((resolve) => {
      get({ host: '127.0.0.1', port, agent: false }, (response) => resolve(text(response))).once('error', (error) =>
        resolve(error.message),
      );
    });
  }

  test('the backend can close here', async () => {
    expect(await backend().capabilities()).toMatchObject({ closing: true });
  });

  test('what is open is reached, and reaches', async () => {
    const { id, port } = await serving(false);
    expect(await probe(id, port)).toBe('here');
    expect(await straight(port)).toBe('here');
    for (const address of addresses()) {
      expect(await run(id, harness().commands.reach(address, tcp()))).toBe(0);
      expect(await run(id, harness().commands.send(address, udp()))).toBe(0);
    }
    expect(connections).toBe(addresses().length);
    expect(await eventually(() => datagrams === addresses().length)).toBe(true);
  });

  test('a closed unit is reached by probes and by nobody else, and so are commands beside it', async () => {
    const { id, port } = await serving(true);
    expect(await Promise.all([probe(id, port), probe(id, port)])).toEqual(['here', 'here']);
    expect(await straight(port)).toMatch('ECONNREFUSED');
    await expect(backend().dial(id, port + 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await run(id, harness().commands.reach('127.0.0.1', port))).toBe(0);
    expect(await run(id, harness().commands.reach('127.0.0.1', port), false)).toBe(1);
  });

  test('nothing closed connects or sends a datagram out', async () => {
    const { id } = await serving(true);
    for (const address of addresses()) {
      expect(await run(id, harness().commands.reach(address, tcp()))).toBe(1);
      await run(id, harness().commands.send(address, udp()));
    }
    for (const address of addresses().slice(1)) {
      expect(await run(id, harness().commands.send(address, udp()))).toBe(1);
    }
    const other = await present(backend());
    expect(await run(other.id, harness().commands.send('127.0.0.1', udp()))).toBe(0); // comes after theirs
    await eventually(() => datagrams > 0);
    expect([connections, datagrams]).toEqual([0, 1]);
  });

  test('a command can be closed before any unit is, and what follows is then too', async () => {
    const { id } = await present(backend());
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()), true)).toBe(1);
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(1);
    expect(connections).toBe(0);
  });

  test('all units of an environment share one network, and two environments do not', async () => {
    const { id, port } = await serving(true);
    const spare = { ...unitSpec(harness().commands.serve(port + 1), { name: 'other' }), closed: true };
    await backend().start(id, spare);
    await logged(backend(), id, 'ready', 'other');
    expect(await probe(id, port + 1)).toBe('here');
    const other = await serving(true);
    expect(await run(other.id, harness().commands.reach('127.0.0.1', other.port))).toBe(0);
    expect(await run(other.id, harness().commands.reach('127.0.0.1', port))).toBe(1);
  });

  test('a new backend finds the closed unit and its network', async () => {
    const { id, port, unit, status } = await serving(true);
    await reopen();
    expect(await backend().status(id, 'main')).toEqual(status);
    expect(await backend().start(id, unit)).toEqual(status);
    expect(await probe(id, port)).toBe('here');
    expect(await run(id, harness().commands.reach('127.0.0.1', port))).toBe(0);
    expect(await straight(port)).toMatch('ECONNREFUSED');
  });

  test('opens with the same port, and closes again', async () => {
    const { id, port, unit, status } = await serving(true);
    await backend().stop(id, 'main');
    await expect(backend().dial(id, port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const open = await backend().start(id, { ...unit, closed: false });
    expect(digestOf(open)).not.toBe(digestOf(status));
    await logged(backend(), id, 'ready');
    expect(await eventually(async () => (await straight(port)) === 'here')).toBe(true);
    expect(await probe(id, port)).toBe('here');
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(0);
    await backend().stop(id, 'main');
    const again = await backend().start(id, unit);
    expect(digestOf(again)).toBe(digestOf(status));
    expect(await eventually(async () => (await probe(id, port).catch(() => '')) === 'here')).toBe(true);
    expect(await straight(port)).toMatch('ECONNREFUSED');
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(1);
  });

  test('what needs no network is reached by nobody, reaches nobody, and goes on when the others open', async () => {
    const { id, environment } = await present(backend());
    const port = environment.ports['http'] ?? 0;
    const main = { ...unitSpec(harness().commands.serve(port)), closed: true };
    const engine = unitSpec(harness().commands.serve(port + 1), { name: 'engine' });
    const alone = { ...engine, network: 'none', closed: true } as const;
    const began = await backend().start(id, alone);
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(1); // closed from the first unit on
    await backend().start(id, main);
    await Promise.all([logged(backend(), id, 'ready'), logged(backend(), id, 'ready', 'engine')]);
    expect(await run(id, harness().commands.reach('127.0.0.1', port + 1))).toBe(1);
    await reopen();
    await backend().stop(id, 'main');
    await backend().start(id, { ...main, closed: false });
    expect(await backend().start(id, { ...alone, closed: false })).toEqual(began);
    expect(await eventually(async () => (await straight(port)) === 'here')).toBe(true);
    expect(await straight(port + 1)).toMatch('ECONNREFUSED');
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(0);
    const reaching = unitSpec(harness().commands.reach('127.0.0.1', tcp()), { name: 'engine' });
    await backend().stop(id, 'engine');
    const before = connections;
    await backend().start(id, { ...reaching, network: 'none' });
    expect(await eventually(async () => (await backend().status(id, 'engine')).state === 'exited')).toBe(true);
    expect([await backend().status(id, 'engine'), connections - before]).toMatchObject([{ exitCode: 1 }, 0]);
  });

  test('destroying leaves no closed network, and what is made anew is open', async () => {
    const { id } = await serving(true);
    await backend().destroy(id);
    await backend().create(environmentSpec({ id }));
    expect(await run(id, harness().commands.reach('127.0.0.1', tcp()))).toBe(0);
  });
}
