import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readlink, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { BackendFailure, errnoOf } from '../backend-failure.js';
import { pathParts } from '../backend-input.js';
import { READ_LIMIT_BYTES } from '../runtime-backend.js';
import type { Volume, VolumeEntry } from '../runtime-backend.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Files of an environment, safe against the application that owns them: the path is walked folder by
 * folder through open handles (/proc/self/fd, which is openat(2) for Node) and no link is ever followed,
 * so nothing can be swapped under our hands, even as root.
 */
export class ProcessVolume implements Volume {
  readonly #parts: readonly string[];

  constructor(
    private readonly files: string,
    path: string,
    private readonly owner: Promise<{ readonly uid: number; readonly gid: number }>,
  ) {
    this.#parts = pathParts(path);
  }

  async read(path: string): Promise<Uint8Array> {
    await using file = await this.#openFile(path);
    const { size } = await file.stat();
    if (size > READ_LIMIT_BYTES) {
      throw new BackendFailure('file-too-large', 'the file is too large to read at once', {
        hint: 'read it as a stream',
        values: { path, sizeBytes: size, limitBytes: READ_LIMIT_BYTES },
      });
    }
    return file.readFile();
  }

  async *stream(path: string): AsyncIterable<Uint8Array> {
    await using file = await this.#openFile(path);
    yield* contentOf(file);
  }

  async write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode = 0o600): Promise<void> {
    const [parents, name] = this.#split(path);
    const { uid, gid } = await this.owner;
    await using folder = await this.#openFolder(parents, 'make');
    const fresh = within(folder, `.new-${randomBytes(8).toString('hex')}`);
    try {
      await using file = await open(fresh, CREATE, 0o600);
      await file.writeFile(content);
      await file.chown(uid, gid);
      await file.chmod(mode);
      await file.sync();
      await rename(fresh, within(folder, name));
    } catch (error) {
      await unlink(fresh).catch(() => undefined);
      throw unsafe(error, path);
    }
    await folder.sync();
  }

  async remove(path: string): Promise<void> {
    const [parents, name] = this.#split(path);
    try {
      await using folder = await this.#openFolder(parents, 'need');
      await unlink(within(folder, name));
      await folder.sync();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'file-unknown') throw unsafe(error, path);
    }
  }

  async makeFolder(path: string): Promise<void> {
    await using _folder = await this.#openFolder([...this.#parts, ...pathParts(path)], 'make');
  }

  async *walk(): AsyncIterable<VolumeEntry> {
    await using folder = await this.#openFolder(this.#parts, 'need');
    yield* walkFolder(folder, '');
  }

  #split(path: string): [parents: string[], name: string] {
    const parts = pathParts(path);
    const name = parts.pop();
    if (name === undefined) throw unknownFile(path);
    return [[...this.#parts, ...parts], name];
  }

  async #openFile(path: string): Promise<FileHandle> {
    const [parents, name] = this.#split(path);
    await using folder = await this.#openFolder(parents, 'need');
    const file = await open(within(folder, name), READ).catch((error: unknown) => {
      throw unsafe(error, path);
    });
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw unsafe(undefined, path);
  }

  /** The caller closes it. */
  async #openFolder(parts: readonly string[], missing: 'make' | 'need'): Promise<FileHandle> {
    await this.owner; // refuses for an unknown environment
    let folder = await open(this.files, FOLDER).catch((error: unknown) => {
      throw unsafe(error, '');
    });
    for (const part of parts) {
      const above = folder;
      try {
        if (missing === 'make') await this.#makeIn(above, part);
        folder = await open(within(above, part), FOLDER);
      } catch (error) {
        throw unsafe(error, parts.join('/'));
      } finally {
        await above.close();
      }
    }
    return folder;
  }

  async #makeIn(folder: FileHandle, name: string): Promise<void> {
    try {
      await mkdir(within(folder, name), { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return;
      throw error;
    }
    await using made = await open(within(folder, name), FOLDER);
    const { uid, gid } = await this.owner;
    await made.chown(uid, gid);
  }
}

async function* walkFolder(folder: FileHandle, prefix: string): AsyncIterable<VolumeEntry> {
  const entries = await readdir(within(folder, '.'), { withFileTypes: true });
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  for (const entry of entries) {
    const path = `${prefix}${entry.name}`;
    const place = within(folder, entry.name);
    if (entry.isDirectory()) {
      await using below = await open(place, FOLDER);
      yield { kind: 'folder', path, mode: (await below.stat()).mode & 0o7777 };
      yield* walkFolder(below, `${path}/`);
    } else if (entry.isFile()) {
      await using file = await open(place, READ);
      const { size, mode } = await file.stat();
      const hash = createHash('sha256');
      for await (const chunk of contentOf(file)) hash.update(chunk);
      yield { kind: 'file', path, sizeBytes: size, mode: mode & 0o7777, sha256: hash.digest('hex') };
    } else if (entry.isSymbolicLink()) {
      yield { kind: 'link', path, target: await readlink(place) };
    } else {
      yield { kind: 'special', path };
    }
  }
}

async function* contentOf(file: FileHandle): AsyncIterable<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024), 0, 64 * 1024, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function within(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function unknownFile(path: string, cause?: unknown): BackendFailure {
  return new BackendFailure('file-unknown', 'there is no such file in the environment', {
    hint: 'walk the volume to see what is there',
    values: { path },
    cause,
  });
}

/** Says what the kernel refused in our words; other errors stay as they are. */
function unsafe(cause: unknown, path: string): unknown {
  if (errnoOf(cause) === 'ENOENT') return unknownFile(path, cause);
  const refused = cause === undefined || ['ELOOP', 'ENOTDIR', 'ENXIO', 'EISDIR'].includes(errnoOf(cause) ?? '');
  if (!refused) return cause;
  return new BackendFailure('file-unsafe', 'a part of the path is a link or not what it should be', {
    hint: 'nothing is read or written through links or special files; remove it in the environment',
    values: { path },
    cause,
  });
}
