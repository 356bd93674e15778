import { open, readFile } from 'node:fs/promises';

/**
 * The file with the ids of all keys that were erased, one a line; null: none is kept. The ids mean nothing to anybody
 * else. It is kept beside the backups, so that a restored cell erases them again.
 */
export class ErasureList {
  constructor(private readonly file: string | null) {}

  /** On disk when it resolves. Those that are on it are not added again. */
  async add(keys: readonly string[]): Promise<void> {
    if (this.file === null) return;
    const known = new Set(await this.keys());
    const added = keys.filter((key) => !known.has(key));
    if (added.length === 0) return;
    const handle = await open(this.file, 'a', 0o600);
    try {
      // Begins a line of its own, also after one that a crash cut short.
      await handle.write(`\n${added.join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async keys(): Promise<string[]> {
    const text = this.file === null ? '' : await readFile(this.file, 'utf8').catch(nothingIfMissing);
    return text.split('\n').filter((line) => KEY.test(line));
  }
}

/** A line that a crash cut short is none; its key is added again. */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function nothingIfMissing(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
}
