/** The checks that have no list of rules are seen failing, too: types, format, dead code; and the licence is the licence. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { z } from 'zod';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'freehold-tools-')));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const file of ['tsconfig.base.json', '.prettierrc.json', '.prettierignore']) {
    copyFileSync(join(root, file), join(folder, file));
  }
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('the compiler reports an index that may miss, in a spec as well', async () => {
  write('src/first.unit.spec.ts', 'export const first = (list: string[]): string => list[0];\n');
  write(
    'tsconfig.json',
    '{ "extends": "./tsconfig.base.json", "compilerOptions": { "outDir": "dist" }, "include": ["src"] }',
  );
  const { code, output } = await run('@typescript/native/bin/tsc', ['-b']);
  expect(code).not.toBe(0);
  expect(output).toContain('src/first.unit.spec.ts(1,');
  expect(output).toContain('TS2322');
});

it('prettier reports a file that is not formatted', async () => {
  write('unformatted.ts', 'export const a = {b:1}\n');
  const { code, output } = await run('prettier/bin/prettier.cjs', ['--check', '.']);
  expect(code).toBe(1);
  expect(output).toContain('unformatted.ts');
});

it('knip reports a file, an export and a dependency that nobody uses', async () => {
  write('package.json', '{ "name": "sample", "type": "module", "dependencies": { "zod": "4.6.7" } }');
  write('knip.json', '{ "entry": ["main.ts"], "project": ["*.ts"], "ignoreExportsUsedInFile": true }');
  write('main.ts', "import { used } from './part.js';\nused();\n");
  write('part.ts', 'export const used = (): number => 1;\nexport const unused = 2;\n');
  write('alone.ts', 'export const alone = 1;\n');
  const { code, output } = await run('knip/bin/knip.js', ['--no-progress']);
  expect(code).toBe(1);
  for (const found of ['alone.ts', 'unused', 'zod']) expect(output).toContain(found);
});

it('the licence is the EUPL-1.2, word for word', () => {
  const list = readFileSync(join(root, 'node_modules', 'spdx-license-list', 'licenses', 'EUPL-1.2.json'), 'utf8');
  const { licenseText } = z.object({ licenseText: z.string() }).parse(JSON.parse(list));
  expect(readFileSync(join(root, 'LICENSE'), 'utf8').trim()).toBe(licenseText.trim());
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function run(program: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, 'node_modules', program), ...args],
      { cwd: folder },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
}
