// npm test: all tests, and a word about those that cannot run here.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runToEnd } from './hand-over.mjs';
import { root } from './places.mjs';
import { say } from './programs.mjs';

/** Tools that a test file may ask for in its first lines: `@needs python3`. */
const tools = {
  python3: {
    means: 'python3 with venv and pip',
    isHere: () => spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0,
  },
  postgres: { means: 'PostgreSQL with its client tools (Debian: postgresql)', isHere: () => hasPostgres() },
  mariadb: { means: 'MariaDB (Debian: mariadb-server)', isHere: () => isProgram('mariadbd') },
  namespaces: {
    means: 'root with network namespaces and /dev/net/tun (Debian: iproute2, util-linux)',
    isHere: () =>
      process.getuid?.() === 0 &&
      existsSync('/dev/net/tun') &&
      isProgram('ip') &&
      spawnSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' }).status === 0,
  },
  nginx: { means: 'nginx (Debian: nginx)', isHere: () => isProgram('nginx') },
  openssl: { means: 'OpenSSL’s program (Debian: openssl)', isHere: () => isProgram('openssl') },
  unbound: { means: 'Unbound (Debian: unbound)', isHere: () => isProgram('unbound') },
  redis: { means: 'Redis (Debian: redis-server)', isHere: () => isProgram('redis-server') },
};

const isProgram = (name) =>
  spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v ${name}`]).status === 0;

function hasPostgres() {
  const debian = '/usr/lib/postgresql';
  const folders = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const programs = ['initdb', 'postgres', 'pg_dump', 'pg_restore'];
  return (
    folders.some((folder) => programs.every((name) => existsSync(join(folder, name)))) || programs.every(isProgram)
  );
}

/** Runs Jest; returns the exit code. With CI=true it is a failure to leave something out. */
export async function runTests(args, environment) {
  const leftOut = testsThatCannotRun();
  const patterns = leftOut.map(({ file }) => `/${file.replaceAll('.', '\\.')}$`);
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
  ];
  const workers = args.some((arg) => /^(--maxWorkers|-w|--runInBand|-i$)/.test(arg)) ? [] : ['--maxWorkers=2'];
  // Given on the command line they replace those of jest.config.mjs.
  const ignore = patterns.length === 0 ? [] : ['--testPathIgnorePatterns', '/node_modules/', '/dist/', ...patterns];
  const code = await runToEnd([...jest, `--rootDir=${root}`, ...workers, ...args, ...ignore], environment);
  if (leftOut.length === 0) return code;
  say('\nLEFT OUT for want of a tool:');
  for (const { file, missing } of leftOut)
    say(`  ${file} needs ${missing.map((tool) => tools[tool].means).join(', ')}`);
  if (process.env.CI !== 'true') return code;
  say('With CI=true that is a failure.');
  return code === 0 ? 1 : code;
}

function testsThatCannotRun() {
  const missing = Object.keys(tools).filter((tool) => !tools[tool].isHere());
  if (missing.length === 0) return [];
  return specs(root)
    .map((path) => ({ file: relative(root, path), missing: missing.filter((tool) => needs(path, tool)) }))
    .filter((spec) => spec.missing.length > 0);
}

function needs(path, tool) {
  return new RegExp(`@needs\\b[^\\n]*\\b${tool}\\b`).test(readFileSync(path, 'utf8').slice(0, 1000));
}

function specs(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist', '.git'].includes(entry.name) ? [] : specs(path);
    return entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}
