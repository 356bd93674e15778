import { checkBag } from '@freehold/bag';
import { CaptureResult } from '@freehold/deployment-contract';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSigningKey, signTransferToken } from '@freehold/platform';
import { access, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TwoCells } from '../testing/two-cells.fixture.js';

let cells: TwoCells;
beforeEach(async () => {
  cells = await TwoCells.open();
  await cells.run();
  const pages = join(cells.sourceFolder, 'pages');
  for (const name of ['a', 'cache', 'empty']) await mkdir(join(pages, name), { recursive: true });
  await writeFile(join(pages, 'a', 'ü b%.md'), 'a page\n', { mode: 0o440 });
  await writeFile(join(pages, 'cache', 'x'), 'made again');
  await symlink('a', join(pages, 'link'));
  const database = new DatabaseSync(join(cells.sourceFolder, 'database', 'app.db'));
  database.exec('CREATE TABLE visit (id INTEGER PRIMARY KEY); INSERT INTO visit VALUES (7)');
  database.close();
}, 180_000);
afterEach(() => cells.close());

const whole = async () => {
  await cells.stop();
  const outcome = await cells.capture(2, true);
  return CaptureResult.parse(outcome?.kind === 'succeeded' ? outcome.result : outcome);
};
const there = (path: string) =>
  access(join(cells.bagFolder, path)).then(
    () => true,
    () => false,
  );

describe('a whole bag', () => {
  test('holds plain files, goes without the environment, and says how it is opened', async () => {
    const captured = await whole();
    await rm(cells.sourceFolder, { recursive: true });
    const { tagManifestSha256, payloadBytes, payloadFiles } = captured;
    expect(await checkBag(cells.bagFolder)).toMatchObject({
      findings: [],
      summary: { tagManifestSha256, payloadBytes, payloadFiles },
      absent: [],
    });
    expect(await readFile(join(cells.bagFolder, 'data/parts/pages/a/ü b%.md'), 'utf8')).toBe('a page\n');
    expect([await there('fetch.txt'), await there('data/parts/pages/cache')]).toEqual([false, false]);
    const database = new DatabaseSync(join(cells.bagFolder, 'data/parts/database/database.sqlite'), { readOnly: true });
    expect(database.prepare('SELECT id FROM visit').all()).toEqual([{ id: 7 }]);
    database.close();
    const readme = await readFile(join(cells.bagFolder, 'data/README.txt'), 'utf8');
    for (const said of [
      'sqlite3 data/parts/database/database.sqlite',
      'age -d -i <identity file>',
      'No tenure',
      'bagit.py',
    ])
      expect(readme).toContain(said);
  }, 180_000);

  test('is served to its operator, who gets nothing else', async () => {
    await whole();
    await rm(cells.sourceFolder, { recursive: true });
    const key = await readSigningKey(cells.source.cell.keys.signingKeyFile('portability'));
    const { environment, deployment } = cells.state;
    const scope = { move: cells.departure, environment, deployment, expires: new Date(Date.now() + 60_000) };
    const token = await signTransferToken(key, { ...scope, kind: 'export' });
    const url = `http://127.0.0.1:${cells.source.agent.moves.port}/v1/transfer/${cells.departure}`;
    const fetched = (path: string) => fetch(`${url}/${path}`, { headers: { authorization: `Bearer ${token}` } });
    const page = await fetched(`bag/data/parts/pages/a/${encodeURIComponent('ü b%.md')}`);
    expect([page.status, await page.text()]).toEqual([200, 'a page\n']);
    for (const path of ['listing/pages', 'file/pages/a/x', 'bag/data/parts/pages/cache/x', 'bag/../captured.json'])
      expect((await fetched(path)).status).toBe(404);
  }, 180_000);
});
