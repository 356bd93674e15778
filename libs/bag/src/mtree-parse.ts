import type { Finding } from '@freehold/kernel';
import { BagFailure } from './bag-failure.js';
import { checkLink } from './link-rules.js';
import { NS_PER_SECOND } from './mtree-format.js';
import type { MtreeEntry } from './mtree-format.js';
import { checkPath, pointerOf, shown } from './path-rules.js';

const MAX_LINE = 64 * 1024;
const HINT = 'A line is ./path and type=, mode=, time= and, for links, link=, as bsdtar --format=mtree writes them.';
const DEFAULT_LINK_MODE = '0777';

/** Words that `/set` gives to all lines after it. */
export type MtreeDefaults = Map<string, string>;

/**
 * Entries of an mtree(5) file: full paths, `/set` and `/unset`; keywords that we do not use are passed over. Paths and links keep
 * {@link checkPath} and stay inside the part.
 *
 * @throws {BagFailure} at the first line that is wrong.
 */
export async function* parseMtree(lines: AsyncIterable<string>): AsyncGenerator<MtreeEntry> {
  const defaults: MtreeDefaults = new Map();
  for await (const line of lines) {
    const parsed = parseMtreeLine(line, defaults);
    if (parsed === null) continue;
    if ('findings' in parsed) throw new BagFailure('this is no mtree file', parsed.findings);
    yield parsed;
  }
}

/** A line as `formatMtree` writes nearly all of them. */
const PLAIN =
  /^\.\/([!-[\]-~]+) type=(file|dir|link) mode=([0-7]{4}) time=(\d{1,12})\.(\d{9})(?: link=([!-[\]-~]+))?(?: size=(\d{1,15}) sha256digest=([0-9a-f]{64}))?$/;

function parsePlain(line: string): MtreeEntry | null {
  const [, path, type, mode, seconds, fraction, target, size, sha256] = PLAIN.exec(line) ?? [];
  if (path === undefined || (target === undefined) === (type === 'link')) return null;
  const about = { path, mode: Number.parseInt(mode ?? '', 8), mtimeNs: BigInt(`${seconds}${fraction}`) };
  if (type === 'link') return { ...about, type, target: target ?? '' };
  if (type === 'dir') return size === undefined ? { ...about, type } : null;
  return size === undefined || sha256 === undefined
    ? { ...about, type: 'file' }
    : { ...about, type: 'file', sizeBytes: Number(size), sha256 };
}

/** null for comments, empty lines and commands, which change `defaults`. */
export function parseMtreeLine(line: string, defaults: MtreeDefaults): MtreeEntry | { findings: Finding[] } | null {
  if (line.length > MAX_LINE) return malformed(line, `is over ${MAX_LINE} characters`);
  const plain = defaults.size === 0 ? parsePlain(line) : null;
  if (plain !== null) return checked(plain);
  const [name, ...rest] = line.split(/[ \t\r\n]+/).filter((word) => word !== '');
  if (name === undefined || name.startsWith('#')) return null;
  if (name === '/set' || name === '/unset') {
    for (const word of rest) setDefault(defaults, name, word);
    return null;
  }
  const path = decode(name);
  if (path === null || !(path === '.' || path.startsWith('./'))) return malformed(line, 'does not begin with ./path');
  const keywords = new Map(defaults);
  for (const word of rest) keywords.set(...keyword(word));
  return entryOf(path === '.' ? '.' : path.slice(2), keywords, line);
}

function setDefault(defaults: MtreeDefaults, command: string, word: string): void {
  const [key, value] = keyword(word);
  if (command === '/set' && ['type', 'mode', 'uname', 'time'].includes(key)) defaults.set(key, value);
  if (command === '/unset') defaults.delete(key);
  if (command === '/unset' && key === 'all') defaults.clear();
}

function keyword(word: string): [key: string, value: string] {
  const at = word.indexOf('=');
  return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

function entryOf(path: string, keywords: Map<string, string>, line: string): MtreeEntry | { findings: Finding[] } {
  const type = keywords.get('type');
  if (type !== 'file' && type !== 'dir' && type !== 'link') return malformed(line, 'has no type=file, dir or link');
  const mode = keywords.get('mode') ?? (type === 'link' ? DEFAULT_LINK_MODE : '');
  const time = /^(-?\d{1,12})(?:\.(\d{1,9}))?$/.exec(keywords.get('time') ?? '');
  if (!/^[0-7]{1,5}$/.test(mode) || Number.parseInt(mode, 8) > 0o7777) return malformed(line, 'has no mode= in octal');
  if (time === null) return malformed(line, 'has no time=');
  const entry: MtreeEntry = {
    path,
    type,
    mode: Number.parseInt(mode, 8),
    // libarchive and BSD's mtree write nanoseconds as a number after the dot, with or without leading zeros.
    mtimeNs: BigInt(time[1] ?? 0) * NS_PER_SECOND + BigInt(time[2] ?? 0),
  };
  const trouble = addOptional(entry, keywords);
  if (trouble !== null) return malformed(line, trouble);
  return checked(entry);
}

function checked(entry: MtreeEntry): MtreeEntry | { findings: Finding[] } {
  const { path, type, target } = entry;
  const findings = path === '.' && type === 'dir' ? [] : checkPath(path, () => pointerOf(path));
  if (findings.length === 0 && target !== undefined) findings.push(...checkLink(path, target));
  return findings.length > 0 ? { findings } : entry;
}

function addOptional(entry: MtreeEntry, keywords: Map<string, string>): string | null {
  const [uname, link, size] = [keywords.get('uname'), keywords.get('link'), keywords.get('size')];
  const sha256 = keywords.get('sha256') ?? keywords.get('sha256digest');
  const user = uname === undefined ? undefined : decode(uname);
  if (user === null || (user !== undefined && !/^[^\p{Cc}]{1,256}$/u.test(user))) return 'has a uname= that is no name';
  if (user !== undefined) entry.uname = user;
  const target = link === undefined ? undefined : decode(link);
  if (target === null || (target === undefined) === (entry.type === 'link'))
    return 'has a link= too much, or none, or a broken one';
  if (target !== undefined) entry.target = target;
  if (size !== undefined && !/^\d{1,15}$/.test(size)) return 'has a size= that is no number';
  if (size !== undefined) entry.sizeBytes = Number(size);
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) return 'has a digest that is no SHA-256';
  if (sha256 !== undefined) entry.sha256 = sha256.toLowerCase();
  return null;
}

/** `\ooo` as bytes; null where a backslash stands otherwise, or the bytes are not UTF-8. */
function decode(text: string): string | null {
  if (!text.includes('\\')) return text.isWellFormed() ? text : null;
  if (!/^(?:[^\\]|\\[0-3][0-7]{2})*$/s.test(text)) return null;
  const bytes = Buffer.from(text).toString('latin1');
  const decoded = bytes.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(decoded, 'latin1'));
  } catch {
    return null;
  }
}

function malformed(line: string, what: string): { findings: Finding[] } {
  const detail = `the line ${shown(line)} ${what}`;
  return { findings: [{ pointer: '', code: 'mtree-line-malformed', detail, hint: HINT }] };
}
