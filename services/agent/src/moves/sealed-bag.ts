import { checkBag, DEFAULT_BAG_LIMITS, readFetch, readManifest } from '@freehold/bag';
import type { SealedBag } from '@freehold/deployment-contract';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../backend/backend-failure.js';
import { GivenUp } from '../reconciler/failures.js';
import type { SaidFile } from './fetch-plan.js';
import { bagUnreadable, sealDiffers, tooLarge } from './move-failures.js';
import type { TransferClient } from './transfer-client.js';

const TAG_MANIFEST = 'tagmanifest-sha256.txt';
const SMALL_BYTES = 64 * 1024;
/** Of a line: a digest or a URL, and a path of which each byte may be escaped. */
const LINE_BYTES = 3 * DEFAULT_BAG_LIMITS.maxPathBytes + 9 * 1024;
const FINDINGS = 50;

/**
 * Fetches the tag files of a sealed bag and checks them before anything else is fetched: the tag manifest is the sealed
 * one, each tag file is the one it names, no path leads elsewhere, and it holds what was sealed, no more.
 */
export async function receiveTagFiles(client: TransferClient, received: string, seal: SealedBag): Promise<void> {
  if ((await digestOf(join(received, TAG_MANIFEST))) !== seal.tagManifestSha256) {
    await rm(received, { recursive: true, force: true });
    await mkdir(received, { recursive: true, mode: 0o700 });
    await receive(client, received, { name: TAG_MANIFEST, sha256: seal.tagManifestSha256, limitBytes: SMALL_BYTES });
  }
  const limits = tagFilesOf(seal);
  for await (const { path, sha256 } of readManifest(join(received, TAG_MANIFEST))) {
    const limitBytes = limits.get(path);
    if (limitBytes === undefined) throw bagUnreadable(`its tag manifest names ${path}, which a move does not have`);
    limits.delete(path);
    if ((await digestOf(join(received, path))) === sha256) continue;
    await receive(client, received, { name: path, sha256, limitBytes });
  }
  if (limits.size > 0) throw bagUnreadable(`its tag manifest lacks ${[...limits.keys()].join(', ')}`);
  await checkSealed(received, seal);
}

const tagFilesOf = ({ payloadFiles }: SealedBag): Map<string, number> =>
  new Map([
    ['bagit.txt', SMALL_BYTES],
    ['bag-info.txt', SMALL_BYTES],
    ['manifest-sha256.txt', SMALL_BYTES + payloadFiles * LINE_BYTES],
    ['fetch.txt', SMALL_BYTES + payloadFiles * LINE_BYTES],
  ]);

interface TagFile {
  readonly name: string;
  readonly sha256: string;
  readonly limitBytes: number;
}

/** @throws GivenUp when it is not the one that was sealed */
async function receive(client: TransferClient, received: string, { name, sha256, limitBytes }: TagFile): Promise<void> {
  const fresh = join(received, `.${name}`);
  await client.patiently(async () => {
    const opened = await client.open(['bag', name]);
    if (opened === null) throw bagUnreadable(`the source has no ${name}`);
    await pipeline(bounded(opened, name, limitBytes), createWriteStream(fresh, { mode: 0o600 }));
  });
  if ((await digestOf(fresh)) !== sha256) {
    await rm(fresh);
    throw sealDiffers(name);
  }
  await rename(fresh, join(received, name));
}

async function* bounded(chunks: AsyncIterable<Uint8Array>, name: string, limitBytes: number) {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge(`${name} is over ${limitBytes} bytes`);
    yield chunk;
  }
}

async function checkSealed(received: string, seal: SealedBag): Promise<void> {
  let tagBytes = 0;
  for (const name of [TAG_MANIFEST, ...tagFilesOf(seal).keys()]) tagBytes += (await stat(join(received, name))).size;
  const limits = { ...DEFAULT_BAG_LIMITS, maxFiles: seal.payloadFiles, maxBytes: seal.payloadBytes + tagBytes };
  const { findings, summary } = await checkBag(received, { holey: true, limits });
  if (findings.length > 0) throw new GivenUp(findings.slice(0, FINDINGS));
  if (summary?.payloadBytes !== seal.payloadBytes || summary.payloadFiles !== seal.payloadFiles) {
    throw sealDiffers('manifest-sha256.txt');
  }
}

/** All payload as manifest and fetch.txt name it, which are in the same order; paths relative to the bag. */
export async function* payloadSaid(received: string): AsyncGenerator<SaidFile> {
  const sizes = readFetch(join(received, 'fetch.txt'));
  try {
    for await (const { path, sha256 } of readManifest(join(received, 'manifest-sha256.txt'))) {
      const next = await sizes.next();
      const fetch = next.done === true ? undefined : next.value;
      const sizeBytes = fetch?.path === path ? fetch.sizeBytes : null;
      if (sizeBytes === null) throw bagUnreadable(`fetch.txt has ${path} not in its place, or without a size`);
      yield { path, sha256, sizeBytes };
    }
  } finally {
    await sizes.return(undefined);
  }
}

/** Hexadecimal sha256; null: there is no such file. */
export async function digestOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  return hash.digest('hex');
}
