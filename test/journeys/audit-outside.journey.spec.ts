/** An auditor with a key and the command line: copies the real log, verifies it, is a witness, packs one deployment. */
import { deployments } from '@freehold/deployment-contract';
import { ProviderDescription } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { splitEntries } from '@freehold/evidence';
import { beginVolume } from '@freehold/log';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp } from '../kit/cell-http.js';
import { changeEvidenceKeys } from '../kit/cell-evidence-keys.js';
import { witnessesFile } from '../kit/cell-services.js';
import { ensureBuilt } from '../kit/clone.js';
import { followed, order } from '../kit/cell-orders.js';
import { exitOf, runFreehold, spawnFreehold } from '../kit/freehold-command.js';

let cell: Cell;
let mine: Registered;
let folder: string;
const at = (name: string) => join(folder, name);
const audit = (...args: string[]) =>
  runFreehold(['audit', ...args, '--key', `@${at('log.vkey')}`], { profile: at('profile.json') });
const signed = async () => Number((await askHttp(cell.url, '/log/checkpoint')).text.split('\n')[1] ?? 0);
const allSigned = async () => {
  const { length } = await Array.fromAsync(cell.log.rangeRaw('1:0', await cell.log.head()));
  expect(await eventually(async () => (await signed()) >= length, { timeoutMs: 180_000 })).toBe(true);
};

beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'freehold-audit-outside-'));
  cell = await startCell();
  mine = await cell.registerOperator();
  const { logKey } = ProviderDescription.parse(JSON.parse((await askHttp(cell.url, '/.well-known/freehold')).text));
  await writeFile(at('log.vkey'), logKey ?? '');
  await writeFile(at('profile.json'), JSON.stringify({ address: cell.url, key: cell.staffKey }), { mode: 0o600 });
}, 540_000);
afterAll(async () => {
  await cell.close();
  await rm(folder, { recursive: true, force: true });
});

describe('an auditor', () => {
  it('copies the log as it grows, and verifies it against a checkpoint of before', async () => {
    await allSigned();
    await writeFile(at('kept.txt'), (await askHttp(cell.url, '/log/checkpoint')).text);
    expect(
      await audit('watch', `${cell.url}/log`, '--state', at('witness'), '--name', 'w.example', '--once'),
    ).toMatchObject({ exitCode: 0 });
    expect(await audit('copy', '--to', at('copy'))).toMatchObject({ exitCode: 0 });
    for (let times = 0; times < 100; times += 10) {
      // The copy goes on in another volume of the log, and goes through two that have ended meanwhile.
      if (times % 30 === 0) await beginVolume(cell.admin);
      await Promise.all(Array.from({ length: 10 }, () => cell.registerOperator()));
    }
    await allSigned();
    expect(await audit('copy', '--to', at('copy'))).toMatchObject({ exitCode: 0 });
    expect(await audit('verify', at('copy'), '--checkpoint', at('kept.txt'))).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    expect(
      await audit('watch', `${cell.url}/log`, '--state', at('witness'), '--name', 'w.example', '--once'),
    ).toMatchObject({ exitCode: 0 });
    const bundle = await readFile(at('copy/tile/entries/000'));
    await writeFile(at('copy/tile/entries/000'), bundle.with(100, bundle[100]! ^ 1));
    expect(await audit('verify', at('copy'), '--checkpoint', at('kept.txt'))).toMatchObject({
      ...{ exitCode: 3, stderr: expect.stringContaining('The commit at 1:1 is not') },
    });
    const { length } = await Array.fromAsync(cell.log.rangeRaw('1:0', '2:0'));
    const first = (splitEntries(bundle) ?? []).slice(0, length).reduce((at, leaf) => at + 2 + leaf.byteLength, 0);
    await writeFile(at('copy/tile/entries/000'), bundle.with(first + 100, bundle[first + 100]! ^ 1));
    expect(await audit('verify', at('copy'), '--checkpoint', at('kept.txt'))).toMatchObject({
      ...{ exitCode: 3, stderr: expect.stringContaining('The commit at 2:1 is not') },
    });
    await writeFile(at('copy/tile/entries/000'), bundle);
  }, 540_000);

  it('packs a deployment, by the installation or by a copy, and verifies the pack with nothing else', async () => {
    const name = 'calendar.freehold.test';
    const placed = await order(mine.id, mine.owner, { name });
    if (placed.kind === 'problem') throw new Error(JSON.stringify(placed.problem));
    await followed(mine.id, mine.owner, placed.reply.process);
    await allSigned();
    expect(await audit('copy', '--to', at('copy'))).toMatchObject({ exitCode: 0 });
    expect(await audit('pack', '--deployment', name, '--to', at('asked'))).toMatchObject({ exitCode: 0 });
    const { items } = await mine.owner.done(deployments.list, { params: { operator: mine.id }, body: {} });
    const { id } = items[0]!.recorded;
    expect(await audit('pack', '--deployment', id, '--to', at('copied'), '--from', at('copy'))).toMatchObject({
      exitCode: 0,
    });
    const history = await readFile(at('asked/history.jsonl'), 'utf8');
    expect(history).toBe(await readFile(at('copied/history.jsonl'), 'utf8'));
    expect(history.split('\n').length).toBeGreaterThan(4);
    for (const pack of ['asked', 'copied']) {
      expect(await audit('verify', at(pack))).toMatchObject({ exitCode: 0, stderr: '' });
    }
  }, 540_000);

  it('goes on with the key that it kept after the log’s was changed, and with the new one alone', async () => {
    await allSigned();
    await writeFile(at('before.txt'), (await askHttp(cell.url, '/log/checkpoint')).text);
    await changeEvidenceKeys(cell, 3_000);
    const old = await readFile(at('log.vkey'), 'utf8');
    const told = async () =>
      ProviderDescription.parse(JSON.parse((await askHttp(cell.url, '/.well-known/freehold')).text));
    expect(await eventually(async () => (await told()).logKeyChanges?.former.includes(old) ?? false)).toBe(true);
    const { logKey = '' } = await told();
    await writeFile(at('new.vkey'), logKey);
    await writeFile(at('both.vkey'), `${old}\n${logKey}\n`);
    await cell.registerOperator();
    await allSigned();
    const alone = (await askHttp(cell.url, '/log/checkpoint')).text;
    expect(alone.split('\n— ').map((line) => line.length)).toHaveLength(3);
    const by = (key: string, ...args: string[]) =>
      runFreehold(['audit', ...args, '--key', `@${at(key)}`], { profile: at('profile.json') });
    const watch = ['watch', `${cell.url}/log`, '--state', at('witness'), '--name', 'w.example', '--once'];
    expect(await audit(...watch)).toMatchObject({ exitCode: 0 });
    expect(await audit('copy', '--to', at('copy'))).toMatchObject({ exitCode: 0 });
    const verify = ['verify', at('copy'), '--checkpoint', at('before.txt')];
    expect(await audit(...verify)).toMatchObject({ exitCode: 0 });
    expect(await by('both.vkey', ...verify)).toMatchObject({ exitCode: 0 });
    expect(await by('new.vkey', 'verify', at('copy'))).toMatchObject({ exitCode: 0 });
    expect(await by('new.vkey', ...verify)).toMatchObject({
      ...{ exitCode: 3, stderr: expect.stringContaining('former ones too') },
    });
    const { items } = await mine.owner.done(deployments.list, { params: { operator: mine.id }, body: {} });
    const pack = ['pack', '--deployment', items[0]?.recorded.id ?? '', '--to', at('later'), '--from', at('copy')];
    expect(await audit(...pack)).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('later/log.vkey'), 'utf8')).toBe(`${logKey}\n`);
    for (const key of ['log.vkey', 'new.vkey', 'both.vkey']) {
      expect([key, await by(key, 'verify', at('later'))]).toMatchObject([key, { exitCode: 0, stderr: '' }]);
      expect([key, await by(key, 'verify', at('asked'))]).toMatchObject([
        key,
        { exitCode: key === 'new.vkey' ? 3 : 0 },
      ]);
    }
  }, 540_000);

  it('is asked for cosignatures by the provider, which publishes them', async () => {
    const args = ['audit', 'watch', `${cell.url}/log`, '--state', at('asked-witness'), '--name', 'v.example'];
    const watching = spawnFreehold([...args, '--key', `@${at('log.vkey')}`, '--listen', '127.0.0.1:0'], {
      profile: at('profile.json'),
    });
    try {
      let said = '';
      watching.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const url = () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      expect(await eventually(() => url() !== undefined, { timeoutMs: 90_000 })).toBe(true);
      const key = (await readFile(at('asked-witness/witness.vkey'), 'utf8')).trim();
      const file = witnessesFile(cell.ground.folder);
      await writeFile(file, JSON.stringify({ witnesses: [{ url: url(), key }], logs: [] }));
      await cell.registerOperator();
      let note = '';
      const isCosigned = async () =>
        (note = (await askHttp(cell.url, '/log/checkpoint')).text).includes('— v.example ');
      expect(await eventually(isCosigned, { timeoutMs: 180_000 })).toBe(true);
      await writeFile(at('cosigned.txt'), note);
      const wanted = ['--witness', `@${at('asked-witness/witness.vkey')}`, '--quorum', '1'];
      expect(await audit('copy', '--to', at('copy'))).toMatchObject({ exitCode: 0 });
      const verified = await audit('verify', at('copy'), '--checkpoint', at('cosigned.txt'), ...wanted);
      expect(verified).toMatchObject({
        ...{ exitCode: 0, stderr: '', stdout: expect.stringContaining('Cosigned by v.example') },
      });
    } finally {
      watching.kill('SIGTERM');
    }
    expect(await exitOf(watching)).toBe(0);
  }, 540_000);

  it('is given no commit by a key that may not see the whole log', async () => {
    await writeFile(at('owner.json'), JSON.stringify({ address: cell.url, key: mine.key }), { mode: 0o600 });
    const refused = await runFreehold(['audit', 'copy', '--to', at('none'), '--key', `@${at('log.vkey')}`], {
      profile: at('owner.json'),
    });
    expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('auditor') });
  }, 540_000);
});
