// Where things are. Used by the bootstrap and by test/setup.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Node 24 of the workspace; the host's Node runs the bootstrap only. */
export const node = join(root, 'node_modules', '.bin', 'node');

/** Programs that are not npm packages. Root's is passable for the users of services, which root's home is not. */
export function cacheFolder() {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'freehold');
  return process.getuid?.() === 0 ? '/var/lib/freehold/bin' : join(homedir(), '.cache', 'freehold');
}

/** What a step has done, so that the next run can skip it; lost together with node_modules. */
export function readStamp(name) {
  try {
    return JSON.parse(readFileSync(stampFile(name), 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeStamp(name, content) {
  mkdirSync(dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), JSON.stringify(content));
}

function stampFile(name) {
  return join(root, 'node_modules', '.freehold', `${name}.json`);
}
