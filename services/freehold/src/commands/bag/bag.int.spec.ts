import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../cli/command-run.fixture.js';

interface Refused {
  findings: { pointer: string; code: string; hint: string }[];
}

describe('bags on this machine', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const bag = (...args: string[]) => runCommand(['bag', ...args]);
  const codesOf = (out: string) => (JSON.parse(out) as Refused).findings.map(({ code }) => code);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-bag-command-'));
    await mkdir(at('media', 'empty'), { recursive: true });
    await mkdir(at('media', 'ab'));
    await writeFile(at('media', 'ab', '100% sure?.txt'), 'yes\n', { mode: 0o640 });
    await writeFile(at('media', 'run'), '#!/bin/sh\n', { mode: 0o755 });
    await symlink('ab/100% sure?.txt', at('media', 'latest'));
    await utimes(at('media', 'run'), 1_000_000_000, 1_000_000_000);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('packs a folder, checks it, and gives all of it back', async () => {
    const packed = await bag('pack', at('media'), '--into', at('a.bag'), '--info', 'Contact-Name=Ada: Lovelace');
    expect(packed).toMatchObject({ exitCode: 0, out: expect.stringContaining('Packed 3 files') });
    expect(await readFile(at('a.bag', 'bag-info.txt'), 'utf8')).toMatch(/^Contact-Name: Ada: Lovelace$/m);
    expect(await bag('check', at('a.bag'))).toMatchObject({ exitCode: 0, out: expect.stringContaining('is valid: 3') });
    expect(await bag('unpack', at('a.bag'), '--into', at('back'))).toMatchObject({ exitCode: 0 });
    expect((await readdir(at('back', 'media'), { recursive: true })).toSorted()).toEqual([
      'ab',
      'ab/100% sure?.txt',
      'empty',
      'latest',
      'run',
    ]);
    expect(await readlink(at('back', 'media', 'latest'))).toBe('ab/100% sure?.txt');
    const [run, text] = [
      await lstat(at('back', 'media', 'run')),
      await lstat(at('back', 'media', 'ab', '100% sure?.txt')),
    ];
    expect([run.mode & 0o777, run.mtimeMs, text.mode & 0o777]).toEqual([0o755, 1_000_000_000_000, 0o640]);
  });

  it('packs a folder as the payload itself, and refuses there what a payload cannot hold', async () => {
    const plain = ['pack', at('media'), '--into', at('a.bag'), '--plain', '--json'];
    const refused = await bag(...plain);
    expect([refused.exitCode, codesOf(refused.out)]).toEqual([3, ['link-in-payload']]);
    await rm(at('media', 'latest'));
    expect(await bag(...plain)).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('a.bag', 'data', 'ab', '100% sure?.txt'), 'utf8')).toBe('yes\n');
  });

  it('names everything that cannot be packed at once, and makes nothing', async () => {
    await symlink('/etc/passwd', at('media', 'secrets'));
    await writeFile(at('media', 'a\nb'), '');
    await using server = createServer();
    await new Promise<void>((resolve) => server.listen(at('media', 'socket'), resolve));
    const refused = await bag('pack', at('media'), '--into', at('deep', 'a.bag'));
    expect(refused.exitCode).toBe(3);
    for (const code of ['link-leaves-part', 'path-has-control-character', 'special-file'])
      expect(refused.err).toContain(`(${code})`);
    expect(refused.err).not.toContain('a\nb');
    expect(refused.err.match(/^ {4}→ ./gm)).toHaveLength(3);
    expect(await readdir(folder)).toEqual(['media']);
  });

  it('packs into no place inside the folder, over nothing, and from nowhere', async () => {
    const inside = await bag('pack', at('media'), '--into', at('media', 'x', 'a.bag'));
    expect(inside).toMatchObject({ exitCode: 2, err: expect.stringContaining('is inside') });
    const over = await bag('pack', at('media', 'ab'), '--into', at('media'), '--json');
    expect([over.exitCode, codesOf(over.out)]).toEqual([3, ['folder-occupied']]);
    const nowhere = await bag('pack', at('nothing'), '--into', at('a.bag'));
    expect(nowhere).toMatchObject({ exitCode: 4, err: expect.stringContaining('→ Check the path') });
  });

  it.each([
    ['no label', ['--info', 'Ada'], 2],
    ['a label twice', ['--info', 'A=1', '--info', 'A=2'], 2],
    ['a count of its own', ['--info', 'Payload-Oxum=1.1'], 3],
    ['a part that leaves', ['--part', '..'], 3],
    ['a part of two names', ['--part', 'a/b'], 3],
  ])('refuses %s', async (_, options, exitCode) => {
    expect(await bag('pack', at('media'), '--into', at('a.bag'), ...options)).toMatchObject({ exitCode });
    expect(await readdir(folder)).toEqual(['media']);
  });

  it('lists all that is wrong with a hostile bag, and creates nothing of it', async () => {
    await bag('pack', at('media'), '--into', at('a.bag'));
    await appendFile(at('a.bag', 'data', 'parts', 'media', 'run'), 'rm -rf ~\n');
    await symlink('/etc', at('a.bag', 'data', 'etc'));
    await appendFile(at('a.bag', 'manifest-sha256.txt'), `${'0'.repeat(64)}  data/../../.ssh/authorized_keys\n`);
    const checked = await bag('check', at('a.bag'), '--json');
    expect(checked.exitCode).toBe(3);
    expect(codesOf(checked.out)).toEqual(
      expect.arrayContaining(['path-leaves-folder', 'link-in-bag', 'digest-differs']),
    );
    for (const { hint, pointer } of (JSON.parse(checked.out) as Refused).findings)
      expect([hint, pointer]).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/^\//)]);
    const unpacked = await bag('unpack', at('a.bag'), '--into', at('back'));
    expect([unpacked.exitCode, unpacked.out]).toEqual([3, '']);
    expect(unpacked.err).toContain('(digest-differs)');
    expect((await readdir(folder)).toSorted()).toEqual(['a.bag', 'media']);
  });

  it('unpacks chosen parts only, and says which there is not', async () => {
    await bag('pack', at('media'), '--into', at('a.bag'));
    const unknown = await bag('unpack', at('a.bag'), '--into', at('back'), '--part', 'mail', '--json');
    expect([unknown.exitCode, codesOf(unknown.out)]).toEqual([3, ['part-missing']]);
    expect(await bag('unpack', at('a.bag'), '--into', at('back'), '--part', 'media')).toMatchObject({ exitCode: 0 });
  });

  it('says what differs between two bags, with an exit code of its own', async () => {
    await bag('pack', at('media'), '--into', at('a.bag'));
    await bag('pack', at('media'), '--into', at('same.bag'));
    expect(await bag('diff', at('a.bag'), at('same.bag'))).toMatchObject({
      exitCode: 0,
      out: 'The bags hold the same.',
    });
    await writeFile(at('media', 'new'), '');
    await writeFile(at('media', 'run'), 'changed');
    await bag('pack', at('media'), '--into', at('b.bag'));
    const { exitCode, out } = await bag('diff', at('a.bag'), at('b.bag'), '--json');
    expect(exitCode).toBe(8);
    expect(JSON.parse(out)).toMatchObject({
      ...{ equal: false, added: 1, changed: 2, removed: 0 },
      differences: expect.arrayContaining([{ path: 'data/parts/media/new', what: 'added' }]),
    });
  });

  it('shows what a bag says of itself, and what of it is not here', async () => {
    await bag('pack', at('media'), '--into', at('a.bag'), '--info', 'Organization=Choir');
    const path = 'data/parts/media/run';
    await rm(at('a.bag', path));
    await writeFile(at('a.bag', 'fetch.txt'), `https://cloud.example/run 10 ${path}\n`);
    const { exitCode, out } = await bag('show', at('a.bag'), '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      info: expect.arrayContaining([['Organization', 'Choir']]),
      deployment: null,
      parts: [{ part: 'media', files: 2, sizeBytes: 14, absent: 1 }],
      beside: { files: 1, absent: 0 },
    });
    expect((await bag('show', at('a.bag'))).out).toMatch(/^media +2 +14 B +1 files$/m);
  });

  it('checks a holey bag as one only when told so', async () => {
    await bag('pack', at('media'), '--into', at('a.bag'));
    const path = 'data/parts/media/run';
    await rm(at('a.bag', path));
    const line = `https://cloud.example/run 10 ${path}\n`;
    await writeFile(at('a.bag', 'fetch.txt'), line);
    const digest = createHash('sha256').update(line).digest('hex');
    await appendFile(at('a.bag', 'tagmanifest-sha256.txt'), `${digest}  fetch.txt\n`);
    expect(await bag('check', at('a.bag'))).toMatchObject({ exitCode: 3 });
    const holey = await bag('check', at('a.bag'), '--holey', '--json');
    expect([holey.exitCode, JSON.parse(holey.out)]).toMatchObject([
      0,
      { valid: true, absent: { files: 1, bytes: 10 } },
    ]);
  });

  it('shows the deployment of a bag that holds one', async () => {
    const document = {
      ...{
        format: 'freehold-deployment/v1',
        lineage: '5d1f0c3a-0000-4000-8000-000000000000',
        epoch: 2,
        tenure: 'none',
      },
      ...{ application: 'synapse', version: '1.150.0', packageDigest: 'sha256:0', plan: 'small', settings: {} },
      ...{ names: [{ purpose: 'web', name: 'chat.freehold.test' }], hasFirstAdministrator: true },
    };
    await mkdir(at('payload'));
    await writeFile(at('payload', 'deployment.json'), JSON.stringify(document));
    await bag('pack', at('payload'), '--into', at('a.bag'), '--plain');
    const { out } = await bag('show', at('a.bag'));
    expect(out).toMatch(/application +synapse 1\.150\.0, plan small/);
    expect(out).toMatch(/names +chat\.freehold\.test \(web\)/);
  });

  it('is no bag: says so with a remedy', async () => {
    const none = await bag('check', at('nowhere'));
    expect(none).toMatchObject({ exitCode: 4, out: '' });
    const folderOnly = await bag('check', at('media'), '--json');
    expect([folderOnly.exitCode, codesOf(folderOnly.out)]).toMatchObject([
      3,
      expect.arrayContaining([expect.any(String)]),
    ]);
  });
});
