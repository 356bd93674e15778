import { type BagSummary, completeBag, DEFAULT_BAG_LIMITS, fetchLine, readManifest } from '@freehold/bag';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { Transfer as Progress } from '../../output/transfer-progress.js';
import { hasCode } from '../../private-file.js';
import type { Transfer } from './transfer.js';

const TAG_MANIFEST = 'tagmanifest-sha256.txt';
const TAG_FILES = ['bagit.txt', 'bag-info.txt', 'manifest-sha256.txt'] as const;
const MIB = 1024 ** 2;
/** A digest, and a path of which every byte is encoded. */
const MOST_OF_A_LINE = 64 + 3 + 3 * DEFAULT_BAG_LIMITS.maxPathBytes;

/**
 * Fetches a whole bag, resumably: the tag manifest, which must be the one that was announced; the tag files, which it
 * names; then the payload, by a fetch.txt of our own that is gone at the end. What is there already is not fetched again.
 *
 * @throws CommandFailure, BagFailure where the provider does not serve what was announced
 */
export async function fetchBag(
  bag: string,
  announced: BagSummary,
  { transfer, onProgress }: { transfer: Transfer; onProgress: (progress: Progress) => void },
): Promise<void> {
  await mkdir(bag, { recursive: true, mode: 0o700 });
  await fetchTagFile(bag, transfer, {
    ...{ name: TAG_MANIFEST, sha256: announced.tagManifestSha256, limitBytes: MIB },
  });
  const digests = tagDigests(await readFile(join(bag, TAG_MANIFEST), 'utf8'));
  for (const name of TAG_FILES) {
    const sha256 = digests.get(name);
    if (sha256 === undefined) throw notAnnounced(TAG_MANIFEST);
    const limitBytes = name === 'manifest-sha256.txt' ? MIB + announced.payloadFiles * MOST_OF_A_LINE : MIB;
    await fetchTagFile(bag, transfer, { name, sha256, limitBytes });
  }
  await writeFetchList(bag);
  const sizes = await Promise.all([TAG_MANIFEST, ...TAG_FILES, 'fetch.txt'].map((name) => stat(join(bag, name))));
  const limits = {
    ...DEFAULT_BAG_LIMITS,
    maxFiles: announced.payloadFiles,
    maxBytes: sizes.reduce((sum, { size }) => sum + size, announced.payloadBytes),
  };
  await transfer.patiently(() =>
    completeBag(bag, {
      limits,
      open: ({ path }, offset, signal) => transfer.open(path, offset, signal),
      onProgress: (progress) => onProgress({ ...progress, bytes: progress.bytes ?? announced.payloadBytes }),
    }),
  );
  await rm(join(bag, 'fetch.txt'), { force: true });
}

interface TagFile {
  name: string;
  sha256: string;
  /** More is not taken. */
  limitBytes: number;
}

/** Gets its name when its digest was right. */
async function fetchTagFile(bag: string, transfer: Transfer, { name, sha256, limitBytes }: TagFile): Promise<void> {
  const target = join(bag, name);
  if ((await digestOf(target)) === sha256) return;
  const fetched = `${target}.new`;
  await transfer.patiently(async () =>
    pipeline(
      await transfer.open(name, 0),
      bounded(name, limitBytes),
      createWriteStream(fetched, { mode: 0o600, flush: true }),
    ),
  );
  if ((await digestOf(fetched)) !== sha256) {
    await rm(fetched, { force: true });
    throw notAnnounced(name);
  }
  await rename(fetched, target);
}

function bounded(name: string, limitBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      if (bytes > limitBytes) done(notAnnounced(name));
      else done(null, chunk);
    },
  });
}

/** Null: it is not there. */
async function digestOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

const tagDigests = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [, digest, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return digest === undefined || name === undefined ? [] : [[name, digest] as const];
    }),
  );

/** All payload, of which we do not know the sizes. Its URLs are never asked: the way to a file needs a token. */
async function writeFetchList(bag: string): Promise<void> {
  const lines = async function* (): AsyncGenerator<string> {
    for await (const { path } of readManifest(join(bag, 'manifest-sha256.txt')))
      yield fetchLine({ url: 'http://transfer.invalid/', sizeBytes: null, path });
  };
  await pipeline(lines(), createWriteStream(join(bag, 'fetch.txt'), { mode: 0o600 }));
}

const notAnnounced = (name: string) =>
  new CommandFailure(
    `What came as ${name} is not what the provider announced`,
    'Nothing of it was kept. Try again; if it stays so, ask the provider.',
    EXIT.refused,
  );
