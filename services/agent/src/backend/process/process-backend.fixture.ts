import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendHarness } from '../conformance/backend-harness.conformance.js';
import type { RuntimeBackend } from '../runtime-backend.js';
import { openProcessBackend } from './process-backend.js';
import type { ProcessBackendOptions } from './process-backend.options.js';

export const sh = (script: string, ...args: string[]): string[] => ['/bin/sh', '-c', script, 'sh', ...args];

const node = (program: string, ...args: string[]): string[] => [process.execPath, '-e', program, ...args];
const SERVE = `require('node:http').createServer((_, response) => response.end('here'))
  .listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));`;
const REACH = `require('node:net').connect(Number(process.argv[2]), process.argv[1], () => process.exit(0))
  .on('error', () => process.exit(1));`;
const SEND = `require('node:dgram').createSocket('udp4')
  .send('x', Number(process.argv[2]), process.argv[1], (error) => process.exit(error ? 1 : 0));`;

export interface ProcessHarness extends BackendHarness {
  readonly root: string;
  open(changes?: Partial<ProcessBackendOptions>): Promise<RuntimeBackend>;
}

/** Real OS processes below a temporary folder. For tests. */
export async function processHarness(isolation: 'auto' | 'none'): Promise<ProcessHarness> {
  const root = await mkdtemp(join(tmpdir(), 'freehold-backend-'));
  await chmod(root, 0o755);
  const open = (changes: Partial<ProcessBackendOptions> = {}) =>
    openProcessBackend({ root, isolation, ports: { first: 21_000, last: 21_999 }, ...changes });
  return {
    root,
    open,
    commands: {
      forever: () => sh('echo ready; exec sleep 300'),
      stubborn: () => sh(`trap '' TERM INT; echo ready; while :; do sleep 0.1; done`),
      exit: (code) => sh('echo bye; exit "$1"', String(code)),
      lines: (count) => sh('for n in $(seq "$1"); do echo "line $n"; done; exec sleep 300', String(count)),
      copy: () => sh('printf complaint >&2; exec cat'),
      flood: (bytes) => sh('head -c "$1" /dev/zero', String(bytes)),
      variable: (name) => sh('printenv "$1"', name),
      serve: (port) => node(SERVE, String(port)),
      reach: (address, port) => node(REACH, address, String(port)),
      send: (address, port) => node(SEND, address, String(port)),
    },
    dispose: async () => {
      const backend = await open();
      const seen = await backend.observe();
      const left = seen.state === 'known' ? seen.environments : [];
      await Promise.all(left.filter(({ state }) => state === 'present').map(({ id }) => backend.destroy(id)));
      await backend.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/**
 * A Node of its own that runs our source, opens a backend as `backend` and then the script.
 * @param args the backend's root, the environment's id (`id`), and what the script finds in `rest`
 */
export function supervisor(script: string, args: readonly string[], user: { uid?: number; gid?: number } = {}) {
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) =>
      next(name.startsWith('.') && context.parentURL?.endsWith('.ts') ? name.replace(/\\.js$/, '.ts') : name, context) });`;
  const source = `const { openProcessBackend } = await import(process.argv[1]);
    const backend = await openProcessBackend({ root: process.argv[2], ports: { first: 21000, last: 21999 } });
    const [id, ...rest] = process.argv.slice(3);
    ${script}`;
  const options = ['--experimental-transform-types', '--no-warnings', '--input-type=module'];
  const hook = `data:text/javascript,${encodeURIComponent(hooks)}`;
  const module = join(import.meta.dirname, 'process-backend.ts');
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  return spawn(process.execPath, [...options, '--import', hook, '-e', source, module, ...args], { stdio, ...user });
}
