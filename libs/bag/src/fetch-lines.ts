import { basename } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { DEFAULT_BAG_LIMITS } from './bag.js';
import type { FetchEntry } from './bag.js';
import { BagFailure } from './bag-failure.js';
import { readLines } from './line-reader.js';
import { decodePath, encodePath } from './manifest-lines.js';
import { checkPath, pointerOf, shown } from './path-rules.js';

export type FetchLine = FetchEntry | { findings: Finding[] };

const MAX_URL_BYTES = 8192;
const HINT = 'A line is an absolute http or https URL, the size in bytes or -, and a path below data/.';

export const fetchLine = (entry: FetchEntry): string =>
  `${entry.url} ${entry.sizeBytes ?? '-'} ${encodePath(entry.path)}\n`;

/** An origin, and a path in which nothing has a meaning of its own. */
const PLAIN_URL = /^(https?:\/\/[^/?#@\s\\]+\/)[\w.~%!$&'()*+,;=:@/-]*$/;
/** Of the last URL that was fine: most of a bag have the same. */
let fineOrigin: string | undefined;

/** Absolute, http or https, without a password and without white space. Where it leads is for the caller to judge. */
export function isFetchUrl(url: string): boolean {
  const origin = url.length > MAX_URL_BYTES ? undefined : PLAIN_URL.exec(url)?.[1];
  if (origin !== undefined && origin === fineOrigin) return true;
  const parsed = /\s/.test(url) || url.length > MAX_URL_BYTES ? null : URL.parse(url);
  if (parsed === null) return false;
  const isFine = ['http:', 'https:'].includes(parsed.protocol) && parsed.username === '' && parsed.password === '';
  if (isFine) fineOrigin = origin;
  return isFine;
}

/** Lines of fetch.txt (RFC 8493, 2.2.3), those that are wrong as findings. */
export async function* readFetchLines(
  file: string,
  options: { version: string; maxPathBytes: number },
): AsyncGenerator<FetchLine> {
  const pointer = pointerOf(basename(file));
  for await (const line of readLines(file, MAX_URL_BYTES + 64 + 3 * options.maxPathBytes)) {
    if ('finding' in line) {
      yield { findings: [line.finding] };
      continue;
    }
    const [, url, size, text] = /^(\S+)[ \t]+(\d{1,15}|-)[ \t]+(.+)$/s.exec(line.text) ?? [];
    if (url === undefined || text === undefined || !isFetchUrl(url)) {
      const code = url === undefined ? 'fetch-line-malformed' : 'fetch-url-refused';
      const detail = `line ${line.number} has no usable URL, size and path: ${shown(line.text)}`;
      yield { findings: [{ pointer, code, detail, hint: HINT }] };
      continue;
    }
    const path = decodePath(text, options.version);
    const findings = checkPath(path, () => pointerOf(path), options.maxPathBytes);
    if (!path.startsWith('data/'))
      findings.push({
        pointer: pointerOf(path),
        code: 'fetch-outside-payload',
        detail: `fetch.txt names ${shown(path)}`,
        hint: HINT,
      });
    yield findings.length > 0 ? { findings } : { url, sizeBytes: size === '-' ? null : Number(size), path };
  }
}

/** A fetch.txt of BagIt 1.0, line by line. @throws {BagFailure} at the first line that is wrong. */
export async function* readFetch(file: string): AsyncGenerator<FetchEntry> {
  const { maxPathBytes } = DEFAULT_BAG_LIMITS;
  for await (const line of readFetchLines(file, { version: '1.0', maxPathBytes })) {
    if ('findings' in line) throw new BagFailure(`${basename(file)} is not a fetch.txt`, line.findings);
    yield line;
  }
}
