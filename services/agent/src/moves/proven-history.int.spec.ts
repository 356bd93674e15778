import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startLogging } from '@freehold/platform';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignedHistory } from '../testing/signed-history.fixture.js';
import { writeHistory } from './capture-history.js';
import { provenHistory } from './proven-history.js';

let folder: string;
let source: SignedHistory;
beforeEach(async () => {
  startLogging({ level: 'silent' });
  folder = await mkdtemp(join(tmpdir(), 'freehold-proven-'));
  source = new SignedHistory();
  const data = join(folder, 'data');
  await mkdir(data);
  await writeHistory((after) => source.page(after ?? null), { data, earlier: join(folder, 'none') });
});
afterEach(() => rm(folder, { recursive: true }));

describe('a history that its source signed shortly before it changed the log’s key', () => {
  const next = new SignedHistory().log;

  it('is proven while the old key signs beside the new one, and after it', async () => {
    const proven = { commits: 5, unsigned: 0, warnings: [] };
    expect(await provenHistory(folder, { ...next, also: [source.log.key] })).toMatchObject(proven);
    expect(await provenHistory(folder, { ...next, former: [source.log.key] })).toMatchObject(proven);
    expect(await provenHistory(folder, source.log)).toMatchObject({ commits: 5 });
  });

  it('is refused when its key is none that the source says, and not proven without any that can be read', async () => {
    await expect(provenHistory(folder, next)).rejects.toMatchObject({ findings: [{ code: 'signature-missing' }] });
    const { warnings } = await provenHistory(folder, { ...next, key: 'no key' });
    expect(warnings).toMatchObject([{ code: 'history-not-proven' }]);
  });
});
