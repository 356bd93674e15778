import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerKeeper, type ServerSpec } from './server-keeper.js';

/** A server that ends at once, twice, as one does that finds the lock of a killed predecessor; then it serves. */
const REFUSES_TWICE =
  'echo started >>"$1/starts"; [ $(wc -l <"$1/starts") -gt 2 ] || exit 1; touch "$1/up"; exec sleep 60';

let folder: string;
let keeper: ServerKeeper;
const said: string[] = [];
const record = () => join(folder, 'nats.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-'));
  const spec: ServerSpec = {
    name: 'nats',
    command: '/bin/sh',
    args: ['-c', REFUSES_TWICE, 'sh', folder],
    marker: folder,
    stopSignal: 'SIGTERM',
    configure: () => false,
    answers: () => Promise.resolve(existsSync(join(folder, 'up'))),
  };
  keeper = new ServerKeeper(spec, { record: record(), log: join(folder, 'log') }, (line) => said.push(line));
});
afterEach(async () => {
  await keeper.stop();
  rmSync(folder, { recursive: true, force: true });
});

const starts = () => readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n').length;

describe('a server that ends at once', () => {
  it('is started again when the last one was not stopped in order', async () => {
    writeFileSync(record(), JSON.stringify({ pid: 2 ** 22 + 1, startTime: 1 }));
    await keeper.start();
    expect(keeper.status().state).toBe('running');
    expect(starts()).toBe(3);
  });

  it('fails at once otherwise, and says why', async () => {
    await expect(keeper.start()).rejects.toThrow('nats ended at once; its log');
    expect(starts()).toBe(1);
  });
});
