import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Writes a file of mode 0600 in one step: a crash leaves the old one or the new one, never half of it. */
export function writePrivate(path: string, text: string): void {
  const temporary = temporaryBeside(path);
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}

/** Makes the file unless it is there (mode 0600, whole or not at all). Returns what is in it afterwards, whoever made it. */
export function createPrivate(path: string, text: () => string): string {
  const present = readIfThere(path);
  if (present !== undefined) return present;
  const temporary = temporaryBeside(path);
  writeFileSync(temporary, text(), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    unlinkSync(temporary);
  }
  return readFileSync(path, 'utf8');
}

function temporaryBeside(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return `${path}.${randomBytes(6).toString('hex')}.new`;
}
