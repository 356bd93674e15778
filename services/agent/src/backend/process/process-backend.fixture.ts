import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendHarness } from '../runtime-backend.conformance.js';
import type { RuntimeBackend } from '../runtime-backend.js';
import { openProcessBackend } from './process-backend.js';
import type { ProcessBackendOptions } from './process-backend.options.js';

export const sh = (script: string, ...args: string[]): string[] => ['/bin/sh', '-c', script, 'sh', ...args];

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
