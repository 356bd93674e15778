/**
 * A check must be seen failing: each ban of the linter, wall of the architecture and rule about files has a fixture in
 * fixtures/, laid out like the house, whose first line says what it breaks. The tools run on a copy with the house's own
 * configuration, and must report exactly that.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';

const rules = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(rules));
const copied = ['.oxlintrc.json', '.dependency-cruiser.mjs', 'tsconfig.base.json'];

const LintOutput = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });
const CruiseOutput = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});
const FileOutput = z.object({
  rules: z.array(z.string()),
  findings: z.array(z.object({ rule: z.string(), file: z.string() })),
});

type Findings = { file: string; rule: string }[];

describe('the checks', () => {
  let house: string;
  let fixtures: Map<string, string[]>;
  let fileRules: z.infer<typeof FileOutput>;
  const found: Findings = [];

  beforeAll(async () => {
    house = copyOfTheFixtures();
    fixtures = fixturesIn(house);
    fileRules = FileOutput.parse(JSON.parse(await run(join(rules, 'file-rules.mjs'), ['--root', house, '--json'])));
    const [lint, cruise] = await Promise.all([
      run(tool('oxlint/bin/oxlint'), ['--type-aware', '-f', 'json'], house),
      run(
        tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
        ['--config', '.dependency-cruiser.mjs', '-T', 'json', 'contracts', 'libs', 'services'],
        house,
      ),
    ]);
    found.push(
      ...LintOutput.parse(JSON.parse(lint)).diagnostics.map(({ code, filename }) => ({ file: filename, rule: code })),
      ...CruiseOutput.parse(JSON.parse(cruise)).summary.violations.map(({ from, rule }) => ({
        file: from,
        rule: rule.name,
      })),
      ...fileRules.findings,
    );
  });

  afterAll(() => {
    rmSync(house, { recursive: true, force: true });
  });

  it('report on each fixture exactly what it breaks', () => {
    const reported = new Map([...fixtures.keys()].map((file) => [file, new Set<string>()]));
    for (const { file, rule } of found) reported.get(file)?.add(rule);
    const sorted = new Map([...reported].map(([file, names]) => [file, [...names].toSorted()]));
    expect(sorted).toEqual(fixtures);
  });

  it('have a fixture for each ban of the linter', () => {
    const broken = new Set([...fixtures.values()].flat());
    expect(lintBans().filter((ban) => !broken.has(ban))).toEqual([]);
  });

  it('have a fixture for each wall of the architecture', async () => {
    const broken = new Set([...fixtures.values()].flat());
    expect((await architectureRules()).filter((name) => !broken.has(name))).toEqual([]);
  });

  it('have a fixture for each rule about files', () => {
    const broken = new Set([...fixtures.values()].flat());
    // In the copy no file of the list of exceptions is there, so each is one too many.
    expect(fileRules.findings).toContainEqual(
      expect.objectContaining({ rule: 'exceptions-shrink', file: 'deploy/bootstrap/places.mjs' }),
    );
    expect(fileRules.rules.filter((name) => name !== 'exceptions-shrink' && !broken.has(name))).toEqual([]);
  });
});

/** A folder like a clone: the fixtures, the configuration of the tools, and packages that can be resolved. */
function copyOfTheFixtures(): string {
  const house = realpathSync(mkdtempSync(join(tmpdir(), 'freehold-rules-')));
  cpSync(join(rules, 'fixtures'), house, { recursive: true });
  for (const file of copied) copyFileSync(join(root, file), join(house, file));
  mkdirSync(join(house, 'test', 'rules'), { recursive: true });
  cpSync(join(rules, 'lint'), join(house, 'test', 'rules', 'lint'), { recursive: true });
  copyFileSync(join(rules, 'exceptions.mjs'), join(house, 'test', 'rules', 'exceptions.mjs'));
  mkdirSync(join(house, 'node_modules', '@freehold'), { recursive: true });
  for (const name of ['@types', '@jest', '@nats-io', 'typescript', 'zod']) {
    symlinkSync(join(root, 'node_modules', name), join(house, 'node_modules', name));
  }
  for (const file of filesIn(house).filter((path) => path.endsWith('/package.json'))) {
    const { name } = z.object({ name: z.string() }).parse(JSON.parse(readFileSync(join(house, file), 'utf8')));
    symlinkSync(join(house, dirname(file)), join(house, 'node_modules', name));
  }
  return house;
}

/** Fixture → the names of what it breaks, from its first line. */
function fixturesIn(house: string): Map<string, string[]> {
  const fixtures = new Map<string, string[]>();
  for (const file of filesIn(join(rules, 'fixtures')).filter((path) => !path.endsWith('package.json'))) {
    const [line] = readFileSync(join(house, file), 'utf8').split('\n');
    const said = /breaks: (.*?)( -->)?$/.exec(line ?? '')?.[1];
    if (said === undefined) throw new Error(`${file} does not say in its first line what it breaks`);
    fixtures.set(file, said === 'nothing' ? [] : said.split(' ').toSorted());
  }
  return fixtures;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('node_modules/'));
}

/** The rules that the configuration names as errors, as oxlint reports them. */
function lintBans(): string[] {
  const text = readFileSync(join(root, '.oxlintrc.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '');
  const configured = z.object({ rules: z.record(z.string(), z.unknown()) }).parse(JSON.parse(text));
  return Object.entries(configured.rules)
    .filter(([, severity]) => severity !== 'off')
    .map(([name]) => (name.includes('/') ? name.replace('/', '(') : `eslint(${name}`))
    .map((name) => `${name})`);
}

async function architectureRules(): Promise<string[]> {
  const Configuration = z.object({ default: z.object({ forbidden: z.array(z.object({ name: z.string() })) }) });
  const loaded: unknown = await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href);
  return Configuration.parse(loaded).default.forbidden.map(({ name }) => name);
}

function tool(path: string): string {
  const program = join(root, 'node_modules', path);
  if (!existsSync(program)) throw new Error(`${path} is not installed; run npm ci`);
  return program;
}

/** Runs a tool to its end; it is expected to find something, so that its exit code says nothing. */
function run(program: string, args: string[], folder = root): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (stdout.trim() === '') reject(new Error(`${program} printed nothing: ${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
