import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../cli/command-run.fixture.js';
import { writeProfile } from '../../profile/profile.js';
import { commitsOf, KEY, TileLog } from './tile-log.fixture.js';

interface Answered {
  valid: boolean;
  findings: { pointer: string; code: string; hint: string }[];
}

describe('a copy of a log', () => {
  let folder: string;
  let log: TileLog;
  const at = (...names: string[]) => join(folder, ...names);
  const audit = (...args: string[]) => runCommand(['audit', ...args], at('profile.json'));
  const copy = (...args: string[]) => audit('copy', '--to', at('copy'), '--key', log.verifierKey, ...args);
  const verify = (...args: string[]) => audit('verify', at('copy'), '--key', log.verifierKey, ...args);
  const findings = (out: string) =>
    (JSON.parse(out) as Answered).findings.map(({ pointer, code }) => `${pointer} ${code}`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-audit-command-'));
    log = await TileLog.start(at('log'));
    writeProfile(at('profile.json'), { address: log.address, key: KEY });
  });
  afterEach(async () => {
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the files of the log, goes on as the log grows, and is verified offline against a kept checkpoint', async () => {
    const all = commitsOf(900);
    await writeFile(at('kept.txt'), await log.write(all.slice(0, 600)));
    expect(await copy()).toMatchObject({ exitCode: 0, out: expect.stringContaining('all 600 commits') });
    expect((await readdir(at('copy'), { recursive: true })).toSorted()).toEqual(
      (await readdir(at('log'), { recursive: true })).toSorted(),
    );
    await log.write(all);
    log.asked.length = 0;
    expect(await copy('--json')).toMatchObject({ exitCode: 0 });
    expect(log.asked).not.toContain('tile/entries/001');
    expect((await readdir(at('copy'), { recursive: true })).toSorted()).toEqual(
      (await readdir(at('log'), { recursive: true })).toSorted(),
    );
    await log[Symbol.asyncDispose]();
    await rm(at('log'), { recursive: true });
    const verified = await verify('--checkpoint', at('kept.txt'));
    expect(verified).toMatchObject({ exitCode: 0, out: expect.stringContaining('All 900 commits'), err: '' });
    expect(await verify()).toMatchObject({ exitCode: 0, err: expect.stringContaining('(own-checkpoint)') });
  });

  it('goes on where it died, and fetches nothing twice', async () => {
    await log.write(commitsOf(1_000));
    let breaks = 2;
    log.refuses = (path) => path === 'tile/entries/002' && (breaks -= 1) >= 0;
    expect(await copy()).toMatchObject({ exitCode: 0 });
    expect(log.asked.filter((path) => path === 'tile/entries/000')).toHaveLength(1);
    await rm(at('copy', 'checkpoint'));
    await rm(at('copy', 'tile', 'entries', '001'));
    await writeFile(at('copy', 'tile', 'entries', '002'), 'half');
    log.asked.length = 0;
    expect(await copy()).toMatchObject({ exitCode: 0 });
    expect(log.asked.filter((path) => path.includes('entries'))).toEqual(['tile/entries/001', 'tile/entries/002']);
    expect(await verify()).toMatchObject({ exitCode: 0 });
  });

  it('is not continued with a log that was rewritten and signed again, nor with one that was cut', async () => {
    const all = commitsOf(700);
    await log.write(all.slice(0, 600));
    await copy();
    const before = await readFile(at('copy', 'checkpoint'), 'utf8');
    await log.write(all.with(5, { ...all[5]!, time: '1700000005000000001' }));
    const rewritten = await copy('--json');
    expect([rewritten.exitCode, findings(rewritten.out)]).toEqual([3, ['/checkpoint log-rewritten']]);
    await log.write(all.slice(0, 500));
    expect(await copy()).toMatchObject({ exitCode: 3, err: expect.stringContaining('(log-shrunk)') });
    expect(await readFile(at('copy', 'checkpoint'), 'utf8')).toBe(before);
    expect(await verify()).toMatchObject({ exitCode: 0 });
  });

  it('takes no commit that the log did not sign, and says which it is', async () => {
    const all = commitsOf(300);
    await log.write(all);
    const bundle = await readFile(at('log', 'tile', 'entries', '000'));
    bundle[bundle.indexOf('"number":7}') + 9] = 0x38;
    await writeFile(at('log', 'tile', 'entries', '000'), bundle);
    const refused = await copy('--json');
    expect([refused.exitCode, findings(refused.out)]).toEqual([3, ['/commits/1:8 commit-changed']]);
    expect(await readdir(at('copy')).catch(() => [])).toEqual([]);
  });

  it('is refused without a right key, by another log’s key, and from nowhere', async () => {
    await log.write(commitsOf(10));
    writeProfile(at('profile.json'), { address: log.address, key: 'fh_cell_1_other' });
    expect(await copy()).toMatchObject({ exitCode: 5, err: expect.stringContaining('auditor') });
    const other = await TileLog.start(at('other'));
    expect(await audit('copy', '--to', at('copy'), '--key', other.verifierKey)).toMatchObject({ exitCode: 3 });
    expect(await audit('copy', other.address, '--to', at('copy'), '--key', log.verifierKey)).toMatchObject({
      exitCode: 4,
    });
    await other[Symbol.asyncDispose]();
    expect(await audit('copy', '--to', at('copy'), '--key', 'nonsense')).toMatchObject({ exitCode: 2 });
  });
});
