/** Python environments for real. @needs python3 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipSettings } from '../../agent.config.js';
import { environmentSpec } from '../conformance/backend-harness.conformance.js';
import type { PreparedRelease, RuntimeBackend } from '../runtime-backend.js';
import { processHarness } from './process-backend.fixture.js';
import type { ProcessHarness } from './process-backend.fixture.js';
import { installerEnvironment } from './process-backend.options.js';
import { findPython, satisfies } from './python-interpreter.js';

const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    about = 'freehold_probe-1.0.dist-info/'
    wheel.writestr('freehold_probe.py', 'print("the probe runs")\\n')
    wheel.writestr(about + 'METADATA', 'Metadata-Version: 2.1\\nName: freehold-probe\\nVersion: 1.0\\n')
    wheel.writestr(about + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(about + 'RECORD', '')
`;

describe('releases of kind python', () => {
  let harness: ProcessHarness;
  let backend: RuntimeBackend;
  let requirements: string;
  const release = (word: string, text = requirements): PreparedRelease => {
    const digest = createHash('sha256').update(word).digest('hex');
    return { digest, kind: 'python', requirements: text, python: '>=3.9' };
  };
  beforeAll(async () => {
    harness = await processHarness('auto');
    backend = await harness.open({ installerEnvironment: pipSettings() });
    const wheel = join(harness.root, 'freehold_probe-1.0-py3-none-any.whl');
    execFileSync('/usr/bin/python3', ['-c', MAKE_WHEEL, wheel]);
    const sha256 = createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex');
    requirements = `freehold-probe @ file://${wheel} --hash=sha256:${sha256}\n`;
  });
  afterAll(async () => {
    await backend.close();
    await harness.dispose();
  });

  test('is installed once, whoever asks, and runs as an environment’s user', async () => {
    const phases: string[][] = [[], []];
    const ask = (n: number) => backend.prepare(release('good'), ({ phase }) => phases[n]?.push(phase));
    const [first, second] = await Promise.all([ask(0), ask(1)]);
    expect(second).toEqual(first);
    expect(phases[0]).toEqual(expect.arrayContaining(['interpreter', 'folder', 'packages', 'check']));
    expect(await readdir(join(harness.root, 'releases', '.builds'))).toHaveLength(1);
    const again: string[] = [];
    expect(await backend.prepare(release('good'), ({ phase }) => again.push(phase))).toEqual(first);
    expect(again).toEqual(['present']);
    const { id } = await backend.create(environmentSpec());
    const command = [first.python, '-m', 'freehold_probe'];
    const ran = await backend.exec(id, { command, timeoutMs: 60_000, environment: {} });
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'the probe runs\n' });
    if (process.getuid?.() === 0) {
      const spoil = ['/bin/sh', '-c', 'echo >"$1/x"', 'sh', first.folder];
      expect((await backend.exec(id, { command: spoil, timeoutMs: 60_000, environment: {} })).exitCode).not.toBe(0);
    }
    await expect(backend.prepare(release('good', `${requirements}\n`))).rejects.toMatchObject({
      code: 'release-conflict',
    });
  }, 180_000);

  test('a build that a crash left counts nothing and is removed; a wrong hash leaves nothing', async () => {
    const { digest } = release('crashed');
    const left = join(harness.root, 'releases', '.builds', `${digest}-0123456789ab`);
    await mkdir(join(left, 'bin'), { recursive: true });
    await writeFile(join(left, 'freehold-release.json'), '{}');
    const before = (await readdir(join(harness.root, 'releases'))).sort();
    const wrong = release('crashed', requirements.replace(/sha256:.*/, `sha256:${'0'.repeat(64)}`));
    await expect(backend.prepare(wrong)).rejects.toMatchObject({
      code: 'release-failed',
      values: { output: expect.stringMatching(/hash/i) },
    });
    expect((await readdir(join(harness.root, 'releases'))).sort()).toEqual(before);
    expect(await readdir(join(harness.root, 'releases', '.builds'))).toHaveLength(before.length - 1);
  }, 180_000);

  test('requirements without hashes are refused', async () => {
    const bare = release('bare', requirements.replace(/ --hash.*/, ''));
    await expect(backend.prepare(bare)).rejects.toMatchObject({ code: 'release-failed' });
  }, 180_000);

  test('no Python that will do is said, with what was tried and what to install', async () => {
    await expect(backend.prepare({ ...release('new'), python: '>=4' })).rejects.toMatchObject({
      code: 'python-missing',
      hint: expect.stringContaining('python3-venv'),
      values: { tried: expect.stringContaining('/usr/bin/python3') },
    });
    await expect(backend.prepare({ ...release('new'), python: '~3' })).rejects.toMatchObject({
      code: 'input-malformed',
    });
  });

  test('an interpreter that breaks is passed over', async () => {
    const folder = join(harness.root, 'broken');
    await mkdir(folder);
    await writeFile(join(folder, 'python3'), '#!/bin/sh\necho "no venv here" >&2\nexit 1\n', { mode: 0o755 });
    await expect(findPython('>=9', folder, 'none')).rejects.toMatchObject({
      values: { tried: expect.stringContaining('no venv here') },
    });
  });

  test.each([
    ['3.11.2', '>=3.10', true],
    ['3.9.9', '>=3.10', false],
    ['3.10.0', '>=3.10', true],
    ['4.0.0', '>=3.10', true],
    ['3.10.0', '>=3.10.1', false],
    ['3.13.9', '>=3.11,<3.14', true],
    ['3.14.0', '>=3.11,<3.14', false],
    ['3.10.9', '>=3.11, <3.14', false],
  ])('%s satisfies %s: %p', (version, wanted, answer) => expect(satisfies(version, wanted)).toBe(answer));

  test('passes on what pip needs, and nothing else', () => {
    const given = { PIP_INDEX_URL: 'a', https_proxy: 'b', HOME: 'c', FREEHOLD_KEY: 'd', AWS_SECRET: 'e', PATH: 'f' };
    expect(installerEnvironment(given)).toEqual({ PIP_INDEX_URL: 'a', https_proxy: 'b', HOME: 'c', PATH: 'f' });
  });
});
