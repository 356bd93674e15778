import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_BAG_LIMITS } from './bag.js';
import { BagFailure } from './bag-failure.js';
import { readDeclaration } from './bag-info.js';
import { ALGORITHMS } from './digests.js';
import type { Algorithm } from './digests.js';
import { readManifestLines } from './manifest-lines.js';
import { PathTable } from './path-table.js';

const IN_A = 1;
const IN_B = 2;
const DIGEST_BYTES = 64;

export interface BagDifference {
  path: string;
  what: 'added' | 'removed' | 'changed';
}

/**
 * What differs in the payload from `a` to `b`, by their manifests (sha256 if both have one, else another that both have): first what
 * b changes or adds, in b's order, then what it removes, in a's. Reads manifests only; check the bags if they are not trusted.
 *
 * Memory: 18 + 64 bytes a slot for the files of `a` and of `b`.
 *
 * @throws {BagFailure} `manifest-missing` without an algorithm that both have, and what is wrong with a line.
 */
export async function* diffBags(a: string, b: string): AsyncGenerator<BagDifference> {
  const [inA, inB] = await Promise.all([algorithmsOf(a), algorithmsOf(b)]);
  const both = inA.filter((algorithm) => inB.includes(algorithm));
  const algorithm = both.find((algorithm) => algorithm === 'sha256') ?? both.at(-1);
  if (algorithm === undefined) throw noCommonManifest(a, b);
  const digests = new PathTable({ valueBytes: DIGEST_BYTES });
  for await (const { path, digest } of entries(a, algorithm)) digests.add(path, IN_A, digest);
  for await (const { path, digest } of entries(b, algorithm)) {
    const before = digests.add(path, IN_B);
    if (before === 0) yield { path, what: 'added' };
    else if (!digest.equals(digests.value(path).subarray(0, digest.length))) yield { path, what: 'changed' };
  }
  for await (const { path } of entries(a, algorithm))
    if ((digests.flags(path) & IN_B) === 0) yield { path, what: 'removed' };
}

async function algorithmsOf(folder: string): Promise<Algorithm[]> {
  const names = new Set(await readdir(folder));
  return ALGORITHMS.filter((algorithm) => names.has(`manifest-${algorithm}.txt`));
}

function noCommonManifest(a: string, b: string): BagFailure {
  const detail = 'the bags have no manifests with the same algorithm';
  const hint = 'Have both packed with sha256.';
  return new BagFailure(`${a} and ${b} cannot be compared`, [{ pointer: '', code: 'manifest-missing', detail, hint }]);
}

async function* entries(folder: string, algorithm: Algorithm): AsyncGenerator<{ path: string; digest: Buffer }> {
  const { version } = await readDeclaration(join(folder, 'bagit.txt'));
  const { maxPathBytes } = DEFAULT_BAG_LIMITS;
  const file = join(folder, `manifest-${algorithm}.txt`);
  for await (const line of readManifestLines(file, { algorithm, version, maxPathBytes })) {
    if ('findings' in line) throw new BagFailure(`${file} is not a manifest`, line.findings);
    yield { path: line.path, digest: Buffer.from(line.digest, 'hex') };
  }
}
