import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** The clone that this file is in, as source or as compiled. */
export const clone = folderWith('nx.json', dirname(fileURLToPath(import.meta.url)));

/** The compiled executable: what `npx freehold` runs. */
export const executable = join(clone, 'services', 'freehold', 'dist', 'main.js');

function folderWith(name: string, from: string): string {
  if (existsSync(join(from, name))) return from;
  if (from === dirname(from)) throw new Error(`no folder above ${import.meta.url} has ${name}`);
  return folderWith(name, dirname(from));
}

let ready: Promise<void> | undefined;

/**
 * Builds what is not built; once in a Node process, one after another on this machine. Only that: packages are not touched,
 * because what runs on them may be running right now.
 */
export function ensureBuilt(): Promise<void> {
  ready ??= build();
  return ready;
}

async function build(): Promise<void> {
  const locks = join(clone, 'node_modules', '.freehold');
  mkdirSync(locks, { recursive: true });
  const builder = pathToFileURL(join(clone, 'deploy', 'bootstrap', 'build.mjs')).href;
  const program = [process.execPath, '--input-type=module', '--eval', `await (await import('${builder}')).build()`];
  await promisify(execFile)('flock', [join(locks, 'build.lock'), ...program], { cwd: clone });
}
