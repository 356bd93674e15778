import {
  cosigner,
  folderTiles,
  formatVerifierKey,
  historyLine,
  parseNote,
  proveHistory,
  readTree,
  withSignatures,
} from '@freehold/evidence';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../cli/command-run.fixture.js';
import { commitsOf, TileLog } from './tile-log.fixture.js';

interface Answered {
  findings: { pointer: string; code: string }[];
  warnings: { pointer: string; code: string }[];
  checkpoint: { size: number; cosigned: { name: string }[] };
}

const SIZE = 700;
const all = commitsOf(SIZE);
/** Those of the deployment. */
const own = all.flatMap((commit, index) => (index % 7 === 3 ? [{ ...commit, index }] : []));

describe('a history with its proof', () => {
  let folder: string;
  let log: TileLog;
  let note: string;
  const witness = generateKeyPairSync('ed25519');
  const witnessKey = formatVerifierKey({ name: 'w.example', type: 'cosignature', publicKey: witness.publicKey });
  const at = (...names: string[]) => join(folder, ...names);
  const verify = (path: string, ...args: string[]) =>
    runCommand(['audit', 'verify', path, '--key', log.verifierKey, '--json', ...args]);
  const codes = (out: string, of: 'findings' | 'warnings' = 'findings') =>
    (JSON.parse(out) as Answered)[of].map(({ pointer, code }) => `${pointer} ${code}`);
  const write = (lines: readonly string[]) =>
    writeFile(at('bag', 'data', 'history.jsonl'), lines.map((line) => `${line}\n`).join(''));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-audit-verify-'));
    log = await TileLog.start(at('log'));
    const signed = await log.write(all);
    const parsed = parseNote(signed);
    if (parsed.kind === 'refused') throw new Error('not read');
    const cosignature = cosigner('w.example', witness.privateKey).cosign(parsed.value.text, 1_700_000_000);
    const cosigned = withSignatures(signed, [cosignature]);
    if (cosigned.kind === 'refused') throw new Error('not read');
    note = cosigned.value;
    const tree = readTree(folderTiles(at('log')), SIZE);
    await mkdir(at('bag', 'data'), { recursive: true });
    await writeFile(at('bag', 'data', 'history.proof'), await proveHistory(tree, own, { size: SIZE, note }));
    await write(own.map(historyLine));
  });
  afterEach(async () => {
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('is believed in a bag, and by the proof itself, with the witnesses that are wanted', async () => {
    for (const path of [at('bag'), at('bag', 'data', 'history.proof')]) {
      const { exitCode, out } = await verify(path, '--witness', witnessKey, '--quorum', '1');
      expect([exitCode, JSON.parse(out)]).toMatchObject([
        0,
        { valid: true, commits: 100, checkpoint: { size: SIZE, cosigned: [{ name: 'w.example' }] } },
      ]);
    }
    expect(await verify(at('bag'), '--quorum', '1')).toMatchObject({ exitCode: 2 });
  });

  it('names what was changed, left out, put in, or written otherwise', async () => {
    const lines = own.map(historyLine);
    const changed = historyLine({ ...own[4]!, time: `${own[4]!.time.slice(0, -1)}1` });
    await write(lines.with(4, changed));
    expect(codes((await verify(at('bag'))).out)).toEqual([`/commits/${own[4]!.position} commit-not-in-log`]);
    await write(lines.toSpliced(4, 1));
    expect(codes((await verify(at('bag'))).out)).toEqual([
      `/commits/${own[4]!.position} commit-missing`,
      `/commits/${own[5]!.position} commit-left-out`,
    ]);
    await write(lines.with(4, lines[4]!.replace('{', '{ ')));
    expect(codes((await verify(at('bag'))).out)).toContain('/history/5 history-line-malformed');
    await write(lines.with(4, 'nothing'));
    expect(await verify(at('bag'))).toMatchObject({ exitCode: 3 });
  });

  it('says what stands before it of earlier providers', async () => {
    const earlier = historyLine({ ...commitsOf(4)[3]!, subject: 'log.00.deployment._.deployment.other' });
    await write([earlier, ...own.map(historyLine)]);
    const { exitCode, out } = await verify(at('bag'));
    expect([exitCode, codes(out, 'warnings')]).toEqual([0, ['/history earlier-providers']]);
  });

  it('is not believed with a checkpoint that contradicts the one that was kept', async () => {
    await writeFile(at('kept.txt'), note);
    expect(await verify(at('bag'), '--checkpoint', at('kept.txt'))).toMatchObject({ exitCode: 0 });
    await writeFile(at('kept.txt'), await log.write(all.with(9, { ...all[9]!, time: '5' })));
    const { exitCode, out } = await verify(at('bag'), '--checkpoint', at('kept.txt'));
    expect([exitCode, codes(out)]).toEqual([3, ['/checkpoint log-rewritten']]);
    await writeFile(at('kept.txt'), await log.write(all.slice(0, 400)));
    const smaller = await verify(at('bag'), '--checkpoint', at('kept.txt'));
    expect([smaller.exitCode, codes(smaller.out, 'warnings')]).toEqual([0, ['/checkpoint checkpoints-not-compared']]);
  });

  it('is not there: says so with a remedy', async () => {
    expect(await verify(at('log', 'tile'))).toMatchObject({ exitCode: 4, err: expect.stringContaining('→') });
    expect(await verify(at('nowhere'))).toMatchObject({ exitCode: 4 });
    await rm(at('bag', 'data', 'history.jsonl'));
    expect(await verify(at('bag', 'data', 'history.proof'))).toMatchObject({ exitCode: 4 });
  });
});
