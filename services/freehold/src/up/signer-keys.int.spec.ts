import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Principal } from '@freehold/kernel';
import {
  bootService,
  LOOK_EVERY_MS,
  OperationClient,
  readSigningKey,
  type RunningService,
  signPrincipal,
} from '@freehold/platform';
import { EchoModule, showEcho } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rotateSigningKeys } from './rotate-signing-keys.js';
import { addSignerKeys, ensureSignerKeys, publishedKeys, signerKeysFile, signingKeyFile } from './signer-keys.js';

const operator = randomUUID();
const principal: Principal = { actor: { kind: 'credential', id: 'k1' }, role: 'owner', operator };
const SIGNERS = ['gateway', 'echo'];
const SETTLE_MS = 2_500;
const OVERLAP_MS = 60_000;

const privateKeysOf = (home: string, signer: string): number =>
  readFileSync(signingKeyFile(home, signer), 'utf8').split('BEGIN PRIVATE KEY').length - 1;

describe('keys of services that are changed while everything runs', () => {
  let ground: ClaimedGround;
  let home: string;
  const services: RunningService[] = [];
  const asked: Promise<string>[] = [];
  let asking: NodeJS.Timeout;

  const boot = (name: string) =>
    bootService({
      name,
      module: EchoModule,
      signer: name,
      config: {
        natsUrl: ground.natsUrl,
        natsSeedFile: ground.seedFile('admin'),
        signingKeyFile: signingKeyFile(home, name),
        signerKeysFile: signerKeysFile(home),
        logLevel: 'silent',
      },
    });
  const ask = async (client: OperationClient): Promise<string> => {
    const answered = await client.call(showEcho, { params: { operator }, body: { times: '1' }, principal });
    return answered.kind === 'done' ? 'done' : answered.reason;
  };
  /** As a service whose key was read now, and that never looks again. */
  const withKeyOfNow = async () => {
    const key = await readSigningKey(signingKeyFile(home, 'gateway'));
    const connection = await ground.connect();
    return new OperationClient({ connection, sign: (who) => signPrincipal(key, 'gateway', who) });
  };
  let underWay = 0;
  /** Every 20 ms, by one replica and the other; a machine that is too busy for it is not made busier. */
  const askAgainAndAgain = (): NodeJS.Timeout => {
    const clients = services.slice(0, 2).map(({ app }) => app.get(OperationClient, { strict: false }));
    return setInterval(() => {
      const client = clients[asked.length % 2];
      if (client === undefined || underWay > 10) return;
      underWay += 1;
      asked.push(ask(client).finally(() => (underWay -= 1)));
    }, 20);
  };

  beforeAll(async () => {
    ground = await claimGround();
    home = ground.folder;
    ensureSignerKeys(home, SIGNERS);
    // Two replicas of each: who asks, and who is asked.
    for (const name of ['gateway', 'gateway', 'echo', 'echo']) services.push(await boot(name));
    asking = askAgainAndAgain();
  });
  afterAll(async () => {
    clearInterval(asking);
    await Promise.all(asked);
    await Promise.all(services.map((service) => service.stop()));
    await ground.release();
  });

  const settled = async () => expect(new Set(await Promise.all(asked))).toEqual(new Set(['done']));
  /** As if the time of the old keys were over by now; nothing signed with them is under way. */
  const endOverlap = async (): Promise<void> => {
    await settled();
    const until = new Date().toISOString();
    const entries = Object.entries(publishedKeys(home)).map(([signer, keys]) => [
      signer,
      keys.map((each) => (each.until === undefined ? each : { ...each, until })),
    ]);
    const beside = `${signerKeysFile(home)}.beside`;
    writeFileSync(beside, JSON.stringify(Object.fromEntries(entries)));
    renameSync(beside, signerKeysFile(home));
  };
  const isRefused = async (old: OperationClient) =>
    eventually(async () => (await ask(old)) === 'unauthorized', { timeoutMs: 30_000 });

  it('lose no request; the old key is believed for a while, and then refused', async () => {
    const old = await withKeyOfNow();
    const before = readFileSync(signingKeyFile(home, 'gateway'), 'utf8');
    await rotateSigningKeys({ home, signers: SIGNERS, settleMs: SETTLE_MS, overlapMs: OVERLAP_MS });
    expect(readFileSync(signingKeyFile(home, 'gateway'), 'utf8')).not.toContain(before);
    expect(privateKeysOf(home, 'gateway')).toBe(1);
    expect(await ask(old)).toBe('done');
    await endOverlap();
    expect(await isRefused(old)).toBe(true);
    expect(await ask(await withKeyOfNow())).toBe('done');
    ensureSignerKeys(home, SIGNERS);
    expect(publishedKeys(home)['gateway']).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(50);
    await settled();
  });

  it('go over to the new ones although whoever changes them dies as soon as they are published', async () => {
    const old = await withKeyOfNow();
    const from = Date.now() + SETTLE_MS;
    addSignerKeys(home, SIGNERS, new Date(from), new Date(from + OVERLAP_MS));
    expect(await eventually(() => Date.now() > from + LOOK_EVERY_MS, { timeoutMs: 30_000 })).toBe(true);
    await endOverlap();
    expect(await isRefused(old)).toBe(true);
    expect(privateKeysOf(home, 'gateway')).toBe(2);
    ensureSignerKeys(home, SIGNERS);
    expect(privateKeysOf(home, 'gateway')).toBe(1);
    expect(await ask(await withKeyOfNow())).toBe('done');
    await settled();
  });
});

describe('key files of services', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'freehold-signers-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const inFile = () => readFileSync(signingKeyFile(home, 'gateway'), 'utf8');
  const rotate = () => rotateSigningKeys({ home, signers: SIGNERS, settleMs: 0, overlapMs: 60_000 });

  it('stay as they are, however often one looks', () => {
    const made = ensureSignerKeys(home, SIGNERS);
    expect(ensureSignerKeys(home, SIGNERS, Date.now() + 1_000)).toEqual(made);
    expect(made['gateway']).toHaveLength(1);
  });

  it('of an installation from before are taken as they are', async () => {
    const made = ensureSignerKeys(home, SIGNERS);
    const plain = Object.fromEntries(Object.entries(made).map(([signer, [first]]) => [signer, first?.key]));
    writeFileSync(signerKeysFile(home), JSON.stringify(plain));
    expect(ensureSignerKeys(home, SIGNERS)['gateway']).toEqual([{ key: plain['gateway'] }]);
    await rotate();
    expect(publishedKeys(home)['gateway']).toMatchObject([{ key: plain['gateway'] }, { from: expect.any(String) }]);
  });

  it('forget a key that lies in a private file only: the change died before it was published', () => {
    ensureSignerKeys(home, SIGNERS);
    const before = inFile();
    writeFileSync(signingKeyFile(home, 'gateway'), `${before}${readFileSync(signingKeyFile(home, 'echo'), 'utf8')}`);
    ensureSignerKeys(home, SIGNERS);
    expect(inFile()).toBe(before);
  });

  it('go on with a change that was published, and make no further keys', async () => {
    ensureSignerKeys(home, SIGNERS);
    const from = new Date(Date.now() + 500);
    addSignerKeys(home, SIGNERS, from, new Date(from.getTime() + 60_000));
    expect(await rotate()).toMatchObject({ from: from.toISOString(), continued: true });
    expect(publishedKeys(home)['gateway']).toHaveLength(2);
    expect(privateKeysOf(home, 'gateway')).toBe(1);
  });

  it('are made again where one was removed, and the lost one is believed no more', () => {
    const [lost] = ensureSignerKeys(home, SIGNERS)['gateway'] ?? [];
    rmSync(signingKeyFile(home, 'gateway'));
    const [made, ...others] = ensureSignerKeys(home, SIGNERS)['gateway'] ?? [];
    expect(others).toEqual([]);
    expect(made?.key).not.toBe(lost?.key);
  });
});
