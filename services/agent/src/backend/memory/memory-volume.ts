import { createHash } from 'node:crypto';
import { BackendFailure } from '../backend-failure.js';
import { pathParts } from '../backend-input.js';
import { READ_LIMIT_BYTES } from '../runtime-backend.js';
import type { Volume, VolumeEntry } from '../runtime-backend.js';
import type { MemoryEnvironment } from './memory-host.js';

/** Files in memory. There are no links and no special files here. */
export class MemoryVolume implements Volume {
  readonly #parts: readonly string[];

  constructor(
    private readonly environment: () => MemoryEnvironment,
    path: string,
  ) {
    this.#parts = pathParts(path);
  }

  async read(path: string): Promise<Uint8Array> {
    const content = this.#find(path);
    if (content.length <= READ_LIMIT_BYTES) return content;
    throw new BackendFailure('file-too-large', 'the file is too large to read at once', {
      hint: 'read it as a stream',
      values: { path, sizeBytes: content.length },
    });
  }

  async *stream(path: string): AsyncIterable<Uint8Array> {
    yield this.#find(path);
  }

  async write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode = 0o600): Promise<void> {
    const full = this.#full(path);
    const bytes = await bytesOf(content);
    const { files, folders } = this.environment();
    for (const folder of parentsOf(full)) folders.add(folder);
    files.set(full, { content: bytes, mode });
  }

  async remove(path: string): Promise<void> {
    this.environment().files.delete(this.#full(path));
  }

  async *walk(): AsyncIterable<VolumeEntry> {
    const { files, folders } = this.environment();
    const prefix = this.#parts.length === 0 ? '' : `${this.#parts.join('/')}/`;
    const entries: VolumeEntry[] = [];
    for (const folder of folders) entries.push({ kind: 'folder', path: folder, mode: 0o700 });
    for (const [path, { content, mode }] of files) {
      const sha256 = createHash('sha256').update(content).digest('hex');
      entries.push({ kind: 'file', path, sizeBytes: content.length, mode, sha256 });
    }
    const below = entries.filter(({ path }) => path.startsWith(prefix));
    yield* below.map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) })).sort(byParts);
  }

  #find(path: string): Uint8Array {
    const file = this.environment().files.get(this.#full(path));
    if (file !== undefined) return file.content;
    throw new BackendFailure('file-unknown', 'there is no such file in the environment', {
      hint: 'walk the volume to see what is there',
      values: { path },
    });
  }

  #full(path: string): string {
    return [...this.#parts, ...pathParts(path)].join('/');
  }
}

/** Every folder above a path, the outermost first. */
export function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, n) => parts.slice(0, n + 1).join('/'));
}

/** Parents first, names by their bytes. */
function byParts(a: VolumeEntry, b: VolumeEntry): number {
  return Buffer.compare(Buffer.from(a.path.replaceAll('/', '\0')), Buffer.from(b.path.replaceAll('/', '\0')));
}

async function bytesOf(content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content);
  if (content instanceof Uint8Array) return Uint8Array.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
