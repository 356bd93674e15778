import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeBackendConformance } from '../runtime-backend.conformance.js';
import type { BackendHarness } from '../runtime-backend.conformance.js';
import { openProcessBackend } from './process-backend.js';

const sh = (script: string, ...args: string[]) => ['/bin/sh', '-c', script, 'sh', ...args];

/** Real OS processes in a temporary folder: as this user, and as root with a user per environment too. */
async function processHarness(isolation: 'auto' | 'none'): Promise<BackendHarness> {
  const root = await mkdtemp(join(tmpdir(), 'freehold-backend-'));
  await chmod(root, 0o755);
  const open = () => openProcessBackend({ root, isolation, ports: { first: 21_000, last: 21_999 } });
  return {
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
      await Promise.all(left.map(({ id }) => backend.destroy(id)));
      await backend.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

runtimeBackendConformance('the process backend without isolation', () => processHarness('none'));
if (process.getuid?.() === 0) runtimeBackendConformance('the process backend as root', () => processHarness('auto'));
