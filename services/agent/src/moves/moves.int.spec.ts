import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CaptureResult, CopyResult, type PortableHistory, RestoreResult } from '@freehold/deployment-contract';
import { transferSource } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SignedHistory } from '../testing/signed-history.fixture.js';
import { TwoCells } from '../testing/two-cells.fixture.js';

const MIB = 1024 ** 2;
const WHOLLY = { keepDigests: false, history: true };

let cells: TwoCells;
beforeEach(async () => {
  cells = await TwoCells.open();
  await cells.run();
  await fill(cells.sourceFolder);
}, 180_000);
afterEach(() => cells.close());

/** 60 small files and 8 of a mebibyte, a link, an empty folder, a cache that is left out, and a database of 100 rows. */
async function fill(folder: string): Promise<void> {
  const pages = join(folder, 'pages');
  for (const name of ['a', 'b', 'empty', 'cache', 'ü b%']) await mkdir(join(pages, name), { recursive: true });
  for (let n = 0; n < 60; n += 1) await writeFile(join(pages, n % 2 === 0 ? 'a' : 'ü b%', `${n}.md`), `page ${n}\n`);
  for (let n = 0; n < 8; n += 1) await writeFile(join(pages, 'b', `${n}.bin`), randomBytes(MIB));
  await writeFile(join(pages, 'cache', 'x'), 'made again');
  await writeFile(join(pages, 'a.md'), 'beside the folder a');
  await symlink('a/0.md', join(pages, 'first'));
  const database = new DatabaseSync(join(folder, 'database', 'app.db'));
  database.exec('CREATE TABLE visit (id INTEGER PRIMARY KEY, at TEXT)');
  for (let n = 0; n < 100; n += 1) database.exec(`INSERT INTO visit (at) VALUES ('${n}')`);
  database.close();
}

const resultOf = (outcome: Awaited<ReturnType<TwoCells['copy']>>): unknown => {
  expect(outcome).toMatchObject({ kind: 'succeeded' });
  return outcome?.kind === 'succeeded' ? outcome.result : undefined;
};
const copied = async () => CopyResult.parse(resultOf(await cells.copy()));
const sealed = async () => {
  await cells.stop();
  return CaptureResult.parse(resultOf(await cells.capture()));
};
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const bytesIn = async (folder: string) => {
  const entries = await readdir(folder, { recursive: true }).catch(() => []); // which changes meanwhile
  const found = await Promise.all(entries.map((entry) => stat(join(folder, entry)).catch(() => null)));
  return found.reduce((bytes, each) => bytes + (each?.isFile() ? each.size : 0), 0);
};
const pagesOf = async (folder: string) => (await readdir(join(folder, 'pages'), { recursive: true })).sort();

describe('a move', () => {
  test('brings every file and every row, and the second round has nothing to bring', async () => {
    const { rounds, small } = await copied();
    expect(small).toBe(true);
    expect(rounds).toMatchObject([
      { files: 69, fetchedFiles: 69 },
      { files: 69, fetchedFiles: 0, fetchedBytes: 0 },
    ]);
    expect(rounds[0]?.fetchedBytes).toBe(rounds[0]?.bytes);
    await writeFile(join(cells.sourceFolder, 'pages', 'a', '0.md'), 'changed after the rounds');
    await rm(join(cells.sourceFolder, 'pages', 'a', '2.md'));

    const seal = await sealed();
    expect(seal.report?.map(({ part, counts }) => ({ part, counts }))).toEqual([
      { part: 'pages', counts: {} },
      { part: 'database', counts: { visits: 100 } },
    ]);
    const restored = RestoreResult.parse(resultOf(await cells.target.do(cells.restoring(seal))));
    expect(restored).toMatchObject({ differences: [], identity: { kind: 'none' }, afterRestore: 'none' });
    expect(restored.history).toMatchObject({ commits: 5, through: '1:36', checkpointSize: 40, warnings: [] });
    expect(restored.fetchedBytes).toBeLessThan(MIB);
    expect(cells.received).toMatchObject([{ secrets: 'age armor', document: { application: 'greeter' } }]);

    const [before, after] = [await pagesOf(cells.sourceFolder), await pagesOf(cells.targetFolder)];
    expect(after).toEqual(before.filter((path) => !path.startsWith('cache')));
    expect(await readlink(join(cells.targetFolder, 'pages', 'first'))).toBe('a/0.md');
    expect(await readFile(join(cells.targetFolder, 'pages', 'a', '0.md'), 'utf8')).toBe('changed after the rounds');
    const database = new DatabaseSync(join(cells.targetFolder, 'database', 'app.db'), { readOnly: true });
    expect(database.prepare('SELECT COUNT(*) AS n FROM visit').get()).toEqual({ n: 100 });
    database.close();

    const erased = cells.atTarget({ kind: 'erase-move', move: cells.arrival, keepDigests: false, history: false });
    expect(await cells.target.do(erased)).toEqual({ kind: 'succeeded', result: null });
    expect(await isThere(cells.stagedFolder)).toBe(false);
    expect(await isThere(join(cells.targetFolder, 'pages', 'a.md'))).toBe(true);
    expect(await readFile(cells.earlierHistory, 'utf8')).toBe(cells.history.text);
  }, 180_000);

  test('that is cut in the middle goes on where it was', async () => {
    cells.proxy.cutAfter = 4.5 * MIB;
    const { rounds } = await copied();
    expect(cells.proxy.cuts).toBe(1);
    expect(rounds[0]).toMatchObject({ files: 69, fetchedFiles: 69, changedFiles: 0 });
    expect(rounds[0]?.fetchedBytes).toBe(rounds[0]?.bytes);
  }, 180_000);

  test('asks for another token when its own has ended by the source’s clock', async () => {
    cells.clocksDiffer = true;
    const { rounds } = await copied();
    expect(rounds[0]).toMatchObject({ fetchedFiles: 69 });
    expect(cells.asked).toBeGreaterThan(1);
  }, 180_000);

  test('whose target’s agent ends within the restore is repeated by the next one', async () => {
    const seal = await sealed();
    cells.proxy.stallAfter = 4.5 * MIB;
    const job = cells.restoring(seal);
    await cells.target.cell.sendJob(job);
    // what has passed may still be on its way, and what is never received has to be sent again
    expect(await eventually(async () => (await bytesIn(cells.stagedFolder)) >= 4 * MIB)).toBe(true);
    await cells.target.agent.close();
    const before = cells.proxy.passed;
    cells.proxy.stallAfter = Infinity;
    await cells.target.start();
    const restored = RestoreResult.parse(resultOf(await cells.target.outcomeOf(job)));
    expect(restored.differences).toEqual([]);
    expect(cells.proxy.passed - before).toBeLessThan(5 * MIB);
  }, 270_000);

  test('is restored again when it is asked again, with what the environment did meanwhile undone', async () => {
    const seal = await sealed();
    resultOf(await cells.target.do(cells.restoring(seal)));
    await writeFile(join(cells.targetFolder, 'pages', 'a', '0.md'), 'written by a copy that is abandoned');
    await writeFile(join(cells.targetFolder, 'pages', 'surplus'), '');
    const again = RestoreResult.parse(resultOf(await cells.target.do(cells.restoring(seal))));
    expect(again).toMatchObject({ differences: [], fetchedFiles: 1 });
    expect(await readFile(join(cells.targetFolder, 'pages', 'a', '0.md'), 'utf8')).toBe('page 0\n');
    expect(await isThere(join(cells.targetFolder, 'pages', 'surplus'))).toBe(false);
  }, 180_000);
});

describe('a history', () => {
  const restoredHistory = async (generation: number) => {
    await cells.stop(generation);
    const seal = CaptureResult.parse(resultOf(await cells.capture(generation)));
    return RestoreResult.parse(resultOf(await cells.target.do(cells.restoring(seal)))).history;
  };

  test('that is not signed to its end, or not at all, is taken with a warning', async () => {
    cells.history.signed = 30;
    const partly = { commits: 4, through: '1:28', unsigned: 1, checkpointSize: 30 };
    expect(await restoredHistory(2)).toMatchObject({ ...partly, warnings: [{ pointer: '/commits/1:36' }] });
    cells.history.change = (page) => ({ ...page, proofs: [], checkpoint: null });
    const nothing = { commits: 0, checkpointSize: null, warnings: [{ code: 'history-not-proven' }] };
    expect(await restoredHistory(3)).toMatchObject(nothing);
  }, 180_000);
});

describe('a capture', () => {
  test('is answered again as it was, and made anew for another generation', async () => {
    const first = await sealed();
    expect(resultOf(await cells.capture())).toEqual(first);
    await writeFile(join(cells.sourceFolder, 'pages', 'a', '0.md'), 'written after it was reopened');
    await cells.stop(3);
    const second = CaptureResult.parse(resultOf(await cells.capture(3)));
    expect(second.tagManifestSha256).not.toBe(first.tagManifestSha256);
  }, 180_000);

  test('is refused where a link leads out of its part', async () => {
    await symlink('../secrets', join(cells.sourceFolder, 'pages', 'out'));
    await cells.stop();
    expect(await cells.capture()).toMatchObject({ kind: 'failed', findings: [{ code: 'link-leaves-part' }] });
  }, 180_000);

  test('and every round names the files that no bag can hold', async () => {
    await writeFile(join(cells.sourceFolder, 'pages', 'a', 'back\\slash'), '');
    await writeFile(join(cells.sourceFolder, 'pages', 'new\nline'), '');
    const named = {
      kind: 'failed',
      findings: [
        { pointer: '/parts/pages/a/back\\slash', code: 'path-has-backslash' },
        { pointer: '/parts/pages/new\\u{a}line', code: 'path-has-control-character' },
      ],
    };
    expect(await cells.copy()).toMatchObject(named);
    await cells.stop();
    expect(await cells.capture()).toMatchObject(named);
  }, 180_000);
});

describe('a source that lies', () => {
  const refused = async (seal: CaptureResult) => {
    const outcome = await cells.target.do(cells.restoring(seal));
    expect(cells.received).toEqual([]);
    expect(await isThere(cells.targetFolder)).toBe(false);
    return outcome;
  };

  test('about a digest or a size is found out, all at once, and nothing is made', async () => {
    const seal = await sealed();
    await writeFile(join(cells.sourceFolder, 'pages', 'b', '0.bin'), randomBytes(MIB));
    await writeFile(join(cells.sourceFolder, 'pages', 'a', '0.md'), 'page 0 and more\n');
    await writeFile(join(cells.sourceFolder, 'pages', 'a', '2.md'), '');
    await rm(join(cells.sourceFolder, 'pages', 'a', '4.md'));
    const outcome = await refused(seal);
    const found = outcome?.kind === 'failed' ? outcome.findings.map((one) => JSON.stringify(one)).sort() : [];
    expect(found).toHaveLength(4);
    for (const path of ['a/0.md', 'a/2.md', 'b/0.bin', 'a/4.md']) {
      expect(found.some((text) => text.includes(`data/parts/pages/${path}`))).toBe(true);
    }
  }, 180_000);

  test('about its seal is refused before anything is fetched', async () => {
    const seal = await sealed();
    const other = await refused({ ...seal, tagManifestSha256: 'a'.repeat(64) });
    expect(other).toMatchObject({ kind: 'failed', findings: [{ code: 'seal-differs' }] });
    const less = await refused({ ...seal, payloadBytes: seal.payloadBytes - 1 });
    expect(less).toMatchObject({ kind: 'failed' });
    expect(cells.proxy.passed).toBeLessThan(MIB);
  }, 180_000);

  test('about what happened is found out, by position, and nothing is made', async () => {
    const lineOf = (sequence: number) => `{"position":"1:${sequence}"`;
    const changed = (page: PortableHistory) => ({
      ...page,
      lines: page.lines.map((line) => (line.startsWith(lineOf(20)) ? line.replace('"time":"1', '"time":"2') : line)),
    });
    const shortened = (page: PortableHistory) => ({
      ...page,
      lines: page.lines.filter((line) => !line.startsWith(lineOf(20))),
    });
    const signedOtherwise = (page: PortableHistory) => ({
      ...page,
      checkpoint: page.checkpoint?.replace('\n40\n', '\n41\n') ?? null,
    });
    const lies: [SignedHistory['change'], object[]][] = [
      [changed, [{ pointer: '/commits/1:20', code: 'commit-not-in-log' }]],
      [
        shortened,
        [
          { pointer: '/commits/1:20', code: 'commit-missing' },
          { pointer: '/commits/1:28', code: 'commit-left-out' },
        ],
      ],
      [signedOtherwise, [{ code: 'signature-wrong' }]],
    ];
    for (const [number, [change, findings]] of lies.entries()) {
      cells.history.change = change;
      await cells.stop(2 + number);
      const seal = CaptureResult.parse(resultOf(await cells.capture(2 + number)));
      expect(await refused(seal)).toMatchObject({ kind: 'failed', findings });
    }
  }, 180_000);

  test('about how much there is ends the copy', async () => {
    expect(await cells.copy({ maxBytes: MIB })).toMatchObject({
      kind: 'failed',
      findings: [{ code: 'state-too-large' }],
    });
  }, 180_000);

  test('or has given the move up ends the copy at once, says so, and leaves nothing', async () => {
    cells.proxy.stallAfter = 2 * MIB;
    const job = cells.copying();
    await cells.target.cell.sendJob(job);
    expect(await eventually(() => cells.proxy.passed >= 2 * MIB)).toBe(true);
    cells.target.cell.refusals.set(transferSource.id, 'departure-abandoned');
    const outcome = await cells.target.outcomeOf(job);
    expect(outcome).toMatchObject({ kind: 'failed', findings: [{ code: 'departure-abandoned' }] });
    expect(await isThere(cells.stagedFolder)).toBe(false);
  }, 180_000);

  test('that only cannot be fetched from for a moment ends nothing', async () => {
    cells.proxy.stallAfter = 2 * MIB;
    const job = cells.copying();
    await cells.target.cell.sendJob(job);
    expect(await eventually(() => cells.proxy.passed >= 2 * MIB)).toBe(true);
    const { asked } = cells;
    cells.target.cell.refusals.set(transferSource.id, 'host-silent');
    expect(await eventually(() => cells.asked > asked + 1)).toBe(true);
    cells.target.cell.refusals.clear();
    cells.proxy.stallAfter = Infinity;
    cells.proxy.cut();
    expect(await cells.target.outcomeOf(job)).toMatchObject({ kind: 'succeeded' });
  }, 180_000);

  test('or is gone is given up after a while, with what was fetched kept', async () => {
    cells.proxy.cutAfter = 4.5 * MIB;
    await copied();
    await cells.proxy.close();
    expect(await cells.copy()).toMatchObject({ kind: 'failed', findings: [{ code: 'source-unreachable' }] });
    expect(await readdir(join(cells.stagedFolder, 'staged', 'pages', 'b'))).toHaveLength(8);
  }, 180_000);
});

describe('a move that is erased while it is being copied', () => {
  test('does not wait for the copy, which fails', async () => {
    cells.proxy.stallAfter = 2 * MIB;
    const job = cells.copying();
    await cells.target.cell.sendJob(job);
    expect(await eventually(() => cells.proxy.passed >= 2 * MIB)).toBe(true);
    const erased = await cells.target.do(cells.atTarget({ kind: 'erase-move', move: cells.arrival, ...WHOLLY }));
    expect(erased).toMatchObject({ kind: 'succeeded' });
    const outcome = await cells.target.outcomeOf(job);
    expect(outcome).toMatchObject({ kind: 'failed', findings: [{ code: 'move-given-up' }] });
    expect(await isThere(cells.stagedFolder)).toBe(false);
  }, 180_000);

  test('is not copied later either, by what was to be tried again', async () => {
    const job = cells.copying({ digest: '0'.repeat(64) }); // a package that does not come
    await cells.target.cell.sendJob(job);
    for (const move of [randomUUID(), cells.arrival])
      // while the first is done, the copy has come to wait
      await cells.target.do(cells.atTarget({ kind: 'erase-move', move, ...WHOLLY }));
    const outcome = await cells.target.outcomeOf(job);
    expect(outcome).toMatchObject({ kind: 'failed', findings: [{ code: 'move-given-up' }] });
  }, 180_000);
});

describe('a bag', () => {
  test('is not waited for when its environment is wanted to run again by now', async () => {
    await cells.stop(2);
    await cells.source.cell.desire({ ...cells.state, generation: 3, want: 'running' });
    await eventually(() => cells.source.cell.reported(cells.state.environment).includes('observed 3 running'));
    expect(await cells.capture(2)).toMatchObject({ kind: 'failed', findings: [{ code: 'environment-not-stopped' }] });
  }, 180_000);
});

describe('a restore', () => {
  test('does not touch an environment that is wanted to run', async () => {
    const seal = await sealed();
    const { state, target, environment } = cells;
    await target.cell.desire({ ...state, operator: target.cell.operator, environment, deployment: cells.deployment });
    expect(await eventually(() => target.cell.reported(environment).includes('observed 1 running'))).toBe(true);
    const outcome = await target.do({ ...cells.restoring(seal), epoch: 1 });
    expect(outcome).toMatchObject({ kind: 'failed', findings: [{ code: 'environment-in-use' }] });
  }, 180_000);
});
