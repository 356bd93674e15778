import { basename } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { DEFAULT_BAG_LIMITS } from './bag.js';
import { BagFailure } from './bag-failure.js';
import { DIGEST_LENGTHS } from './digests.js';
import type { Algorithm } from './digests.js';
import { readLines } from './line-reader.js';
import { checkPath, pointerOf, shown } from './path-rules.js';

export type ManifestLine = { path: string; digest: string } | { findings: Finding[] };

const HINT = 'A line is the digest in hexadecimal, two spaces, and the path from the bag’s folder.';

/** `%`, CR and LF, and only those, are percent-encoded (RFC 8493, 2.1.3). */
export const encodePath = (path: string): string =>
  path.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** Before BagIt 1.0 `%25` stood for itself. */
export function decodePath(text: string, version: string): string {
  if (!text.includes('%')) return text;
  const encoded = version === '1.0' ? /%(25|0D|0A)/gi : /%(0D|0A)/gi;
  return text.replace(encoded, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export const manifestLine = (path: string, digest: string): string => `${digest}  ${encodePath(path)}\n`;

/** Lines of a payload or tag manifest, those that are wrong as findings; digests in lower case. */
export async function* readManifestLines(
  file: string,
  options: { algorithm: Algorithm; version: string; maxPathBytes: number },
): AsyncGenerator<ManifestLine> {
  const pointer = pointerOf(basename(file));
  for await (const line of readLines(file, 256 + 3 * options.maxPathBytes)) {
    if ('finding' in line) {
      yield { findings: [line.finding] };
      continue;
    }
    // md5sum and its like write `*` before a path that was read in binary mode.
    const [, digest, text] = /^([0-9A-Fa-f]+)[ \t]+\*?(.+)$/s.exec(line.text) ?? [];
    if (digest?.length !== DIGEST_LENGTHS[options.algorithm] || text === undefined) {
      const detail = `line ${line.number} has no ${options.algorithm} digest and path: ${shown(line.text)}`;
      yield { findings: [{ pointer, code: 'manifest-line-malformed', detail, hint: HINT }] };
      continue;
    }
    const path = decodePath(text, options.version);
    const findings = checkPath(path, () => pointerOf(path), options.maxPathBytes);
    yield findings.length > 0 ? { findings } : { path, digest: digest.toLowerCase() };
  }
}

/**
 * A manifest-sha256.txt or tagmanifest-sha256.txt of BagIt 1.0, line by line.
 *
 * @throws {BagFailure} at the first line that is wrong; {@link checkBag} lists all of them.
 */
export async function* readManifest(file: string): AsyncGenerator<{ path: string; sha256: string }> {
  const { maxPathBytes } = DEFAULT_BAG_LIMITS;
  for await (const line of readManifestLines(file, { algorithm: 'sha256', version: '1.0', maxPathBytes })) {
    if ('findings' in line) throw new BagFailure(`${basename(file)} is not a manifest`, line.findings);
    yield { path: line.path, sha256: line.digest };
  }
}
