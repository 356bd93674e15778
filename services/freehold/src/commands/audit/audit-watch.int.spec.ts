import {
  folderTiles,
  formatAddCheckpoint,
  type LoggedCommit,
  openCheckpoint,
  parseVerifierKey,
  readTree,
} from '@freehold/evidence';
import { eventually } from '@freehold/supervisor/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../cli/command-run.fixture.js';
import { commitsOf, ORIGIN, TileLog } from './tile-log.fixture.js';
import { openTrusted, trustOf } from './trusted-input.js';
import { serveWitness } from './witness-server.js';
import { Witness } from './witness.js';

const all = commitsOf(900);
/** As an administrator could rewrite it: one commit of long ago, and everything signed again by the right key. */
const rewritten = (size: number): LoggedCommit[] =>
  all.slice(0, size).with(42, { ...all[42]!, body: Buffer.from('{"version":1}') });

describe('a witness', () => {
  let folder: string;
  let log: TileLog;
  const at = (...names: string[]) => join(folder, ...names);
  const state = () => at('witness');
  const watch = (...args: string[]) =>
    runCommand([
      ...['audit', 'watch', `${log.address}/log`, '--key', log.verifierKey],
      ...['--state', state(), '--name', 'w.example', '--once', ...args],
    ]);
  const kept = () => readFile(join(state(), 'checkpoint'), 'utf8');
  const signedBy = async (note: string) => {
    const witness = parseVerifierKey((await readFile(join(state(), 'witness.vkey'), 'utf8')).trim());
    const own = parseVerifierKey(log.verifierKey);
    if (witness.kind === 'refused' || own.kind === 'refused') throw new Error('not read');
    return openCheckpoint(note, { origin: ORIGIN, keys: { log: [own.value], witnesses: [witness.value] } });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-audit-watch-'));
    log = await TileLog.start(at('log'));
  });
  afterEach(async () => {
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('cosigns what continues what it cosigned before, over starts', async () => {
    for (const size of [200, 600, 600, 900]) {
      await log.write(all.slice(0, size));
      expect(await watch()).toMatchObject({ exitCode: 0 });
      expect(await signedBy(await kept())).toMatchObject({
        value: { checkpoint: { size }, cosigned: [{ name: 'w.example' }] },
      });
    }
    expect(log.asked.filter((path) => path.includes('entries'))).toEqual([]);
  });

  it.each([
    ['grown since', 900, '(checkpoint-inconsistent)'],
    ['of the same size', 600, '(checkpoint-inconsistent)'],
    ['smaller', 500, '(log-shrunk)'],
  ])('refuses a log that an administrator rewrote and signed again, %s', async (_, size, code) => {
    await log.write(all.slice(0, 600));
    await watch();
    const before = await kept();
    const note = await log.write(rewritten(size));
    for (let times = 0; times < 2; times += 1) {
      const refused = await watch();
      expect(refused).toMatchObject({ exitCode: 3, err: expect.stringContaining(`ALARM: ${ORIGIN}`) });
      expect(refused.err).toContain(code);
    }
    expect(await kept()).toBe(before);
    const [evidence] = await readdir(join(state(), 'refused'));
    const text = await readFile(join(state(), 'refused', evidence!), 'utf8');
    expect([text.includes(before), text.includes(note)]).toEqual([true, true]);
  });

  it('takes an old answer of the same log for what it is, and a log that was cut for an alarm', async () => {
    const old = await log.write(all.slice(0, 500));
    await log.write(all.slice(0, 600));
    await watch();
    await writeFile(at('log', 'checkpoint'), old);
    expect(await watch()).toMatchObject({ exitCode: 0, out: expect.stringContaining('older checkpoint') });
    await log.write(all.slice(0, 500));
    expect(await watch()).toMatchObject({ exitCode: 3, err: expect.stringContaining('(log-shrunk)') });
  });

  it('refuses tiles that do not lead to the checkpoint, and a checkpoint of another key', async () => {
    await log.write(all.slice(0, 600));
    await rm(at('log', 'tile', '0'), { recursive: true });
    expect(await watch()).toMatchObject({ exitCode: 3, err: expect.stringContaining('(tiles-wrong)') });
    const note = await log.write(all.slice(0, 600));
    await writeFile(at('log', 'checkpoint'), note.replace(/\n600\n/, '\n601\n'));
    expect(await watch()).toMatchObject({ exitCode: 3, err: expect.stringContaining('(signature-wrong)') });
    expect(await readdir(state())).not.toContain('checkpoint');
  });

  it('keeps its name, whatever the machine is called', async () => {
    await log.write(all.slice(0, 300));
    await watch();
    const named = (...name: string[]) =>
      runCommand([
        ...['audit', 'watch', `${log.address}/log`, '--key', log.verifierKey],
        ...['--state', state(), '--once', ...name],
      ]);
    expect(await named('--name', 'other.example')).toMatchObject({ err: expect.stringContaining('called w.example') });
    await log.write(all.slice(0, 600));
    expect(await named()).toMatchObject({ exitCode: 0 });
    expect(await signedBy(await kept())).toMatchObject({ value: { cosigned: [{ name: 'w.example' }] } });
  });

  it('goes on under another key, for those too who have the old one', async () => {
    const rotate = (...args: string[]) => runCommand(['audit', 'rotate-key', '--state', state(), ...args]);
    expect(await rotate()).toMatchObject({ err: expect.stringContaining('no witness') });
    await log.write(all.slice(0, 300));
    await watch();
    const key = () => readFile(join(state(), 'witness.vkey'), 'utf8');
    const old = await key();
    const believed = async (text: string) => {
      const trust = await trustOf({ key: log.verifierKey, witness: [text.trim()], quorum: 1 });
      return openTrusted(Buffer.from(await kept()), trust, 'the note').cosigned.map(({ name }) => name);
    };
    expect(await rotate()).toMatchObject({ exitCode: 0, out: expect.stringContaining((await key()).trim()) });
    expect(await key()).not.toBe(old);
    await log.write(all.slice(0, 600));
    expect(await watch()).toMatchObject({ exitCode: 0 });
    expect((await kept()).match(/^— w\.example /gm)).toHaveLength(3); // both keys, and that one follows the other
    expect([await believed(old), await believed(await key())]).toEqual([['w.example'], ['w.example']]);

    expect(await rotate('--overlap', '0')).toMatchObject({ exitCode: 0 });
    await log.write(all.slice(0, 900));
    await watch();
    expect([await believed(old), await believed(await key())]).toEqual([['w.example'], ['w.example']]);
    const pem = await readFile(join(state(), 'witness.pem'), 'utf8');
    expect(pem.match(/BEGIN PRIVATE KEY/g)).toHaveLength(2);
    await using _witness = await Witness.open(state(), await trustOf({ key: log.verifierKey, witness: [], quorum: 0 }));
    expect(await rotate()).toMatchObject({ exitCode: 3, err: expect.stringContaining('Another process watches') });
  });

  it('calls its hook with what it found', async () => {
    await writeFile(at('hook.sh'), `#!/bin/sh\ncat > '${at('alarm.json')}'\n`);
    await chmod(at('hook.sh'), 0o755);
    await log.write(all.slice(0, 600));
    await watch('--hook', at('hook.sh'));
    await log.write(rewritten(700));
    await watch('--hook', at('hook.sh'));
    expect(JSON.parse(await readFile(at('alarm.json'), 'utf8'))).toMatchObject({
      origin: ORIGIN,
      findings: [{ code: 'checkpoint-inconsistent' }],
    });
    expect(await watch('--hook', at('nowhere'))).toMatchObject({ exitCode: 3, err: expect.stringContaining('hook') });
  });

  it('waits for the first checkpoint, and does not take it for one when there is none any more', async () => {
    expect(await watch()).toMatchObject({ exitCode: 0, out: expect.stringContaining('no checkpoint') });
    await log.write(all.slice(0, 600));
    await watch();
    await rm(at('log', 'checkpoint'));
    expect(await watch()).toMatchObject({ exitCode: 3, err: expect.stringContaining('(checkpoint-missing)') });
  });

  it('goes on until the log is rewritten', async () => {
    await log.write(all.slice(0, 300));
    const watching = runCommand([
      ...['audit', 'watch', `${log.address}/log`, '--key', log.verifierKey, '--state', state()],
      ...['--name', 'w.example', '--every', '1', '--listen', '127.0.0.1:0', '--json'],
    ]);
    const cosigned = async (size: number) => (await kept().catch(() => '')).includes(`\n${size}\n`);
    expect(await eventually(() => cosigned(300))).toBe(true);
    await log.write(all.slice(0, 600));
    expect(await eventually(() => cosigned(600))).toBe(true);
    await log.write(rewritten(700));
    const { exitCode, out, err } = await watching;
    const events = out.split('\n').map((line) => JSON.parse(line) as { kind: string });
    expect([exitCode, events.map(({ kind }) => kind)]).toEqual([3, ['cosigned', 'cosigned', 'alarm']]);
    expect(err).toMatch(/It answers at http:\/\/127\.0\.0\.1:[1-9]\d*\/add-checkpoint/);
  });

  describe('that is asked', () => {
    const open = async () =>
      Witness.open(state(), await trustOf({ key: log.verifierKey, witness: [], quorum: 0 }), 'w.example');
    const request = async (first: number, note: string, size: number) => {
      const proof = await readTree(folderTiles(at('log')), size).consistencyProof(first);
      return formatAddCheckpoint({ oldSize: first, proof, note });
    };

    it('answers as c2sp.org/tlog-witness says, and sounds the alarm', async () => {
      await using witness = await open();
      const alarms: unknown[] = [];
      const sizes: number[] = [];
      const server = await serveWitness(witness, {
        ...{ host: '127.0.0.1', port: 0 },
        onCosigned: (size) => sizes.push(size),
        onAlarm: (alarm) => alarms.push(alarm),
      });
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const add = async (body: string) => {
        const response = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, { method: 'POST', body });
        return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
      };
      const first = await log.write(all.slice(0, 600));
      const answered = await add(await request(0, first, 600));
      expect(answered).toMatchObject({ status: 200, body: expect.stringMatching(/^— w\.example \S+\n$/) });
      expect(await signedBy(first + answered.body)).toMatchObject({ value: { cosigned: [{ name: 'w.example' }] } });
      const second = await log.write(all.slice(0, 700));
      expect(await add(await request(0, second, 700))).toMatchObject({
        ...{ status: 409, type: 'text/x.tlog.size', body: '600\n' },
      });
      expect(await add(await request(600, second, 700))).toMatchObject({ status: 200 });
      const forged = await log.write(rewritten(800));
      expect(await add(await request(700, forged, 800))).toMatchObject({ status: 422 });
      expect(await add('nonsense')).toMatchObject({ status: 400 });
      await eventually(() => alarms.length === 1);
      expect(sizes).toEqual([600, 700]);
      server.close();
      server.closeAllConnections();
    });

    it('gives no cosignature that goes back behind another, whoever asks at the same time', async () => {
      await using witness = await open();
      const notes = new Map<number, string>();
      for (const size of [300, 500, 800]) notes.set(size, await log.write(all.slice(0, size)));
      const bodies = await Promise.all(
        [...notes, ...notes, ...notes].map(async ([size, note]) => request(0, note, Math.max(size, 0)).catch(() => '')),
      );
      const considered = await Promise.all(bodies.map((body) => witness.consider(body, 1_700_000_000_000)));
      expect(considered.filter(({ kind }) => kind === 'cosigned')).toHaveLength(1);
      expect(witness.state?.size).toBe(300);
    });

    it('is one process a folder', async () => {
      await using witness = await open();
      expect(witness.state).toBeNull();
      await expect(open()).rejects.toThrow('Another process watches');
    });
  });
});
