import type { Finding } from '@freehold/kernel';
import { DEFAULT_BAG_LIMITS } from './bag.js';

/** Folders within folders; each level costs an open folder while a bag is walked. */
const MAX_DEPTH = 100;
/** Of one name: NAME_MAX of Linux's file systems. */
const MAX_NAME_BYTES = 255;
const SHOWN_CHARACTERS = 300;

// C0, DEL, C1, and the line and paragraph separators, at which some tools break lines.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
// Also what turns the direction of text, which names may have: in a report it would hide what stands there.
const NOT_SHOWN = /[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\p{Cs}]/gu;

/** Nearly all paths there are: told to be fine without the other rules, ten times as fast. Short enough for NAME_MAX and depth. */
const PLAIN = /^\w[\w .@%+=,()#-]{0,29}(?:\/[\w.@%+=,()#-][\w .@%+=,()#-]*)*$/;
const DOTS = /(?:^|\/)\.{1,2}(?:\/|$)/;
const PLAIN_CHARACTERS = 200;

const RENAME = 'Rename it where it comes from, then pack again.';

/** Text of a stranger in a finding: short, and without characters that a terminal or a reader would obey. */
export function shown(text: string): string {
  const clear = text.slice(0, SHOWN_CHARACTERS).replace(NOT_SHOWN, (it) => `\\u{${it.codePointAt(0)?.toString(16)}}`);
  return text.length > SHOWN_CHARACTERS ? `${clear}…` : clear;
}

/** The JSON pointer (RFC 6901) that names a file of a bag: its path with `/` before it. */
export const pointerOf = (path: string): string => `/${shown(path).replaceAll('~', '~0')}`;

/**
 * The rules for paths that come from outside: relative, `/` between names, Unicode NFC, free of control characters, no way up.
 * Names like `100% sure?.txt`, ` a`, `.x` or `$HOME` are fine.
 *
 * @param pointed what the findings point to; a function where it takes work to say.
 * @returns [] where the path may be used below a folder of ours.
 */
export function checkPath(
  path: string,
  pointed: string | (() => string),
  maxPathBytes = DEFAULT_BAG_LIMITS.maxPathBytes,
): Finding[] {
  if (path.length <= Math.min(PLAIN_CHARACTERS, maxPathBytes) && PLAIN.test(path) && !DOTS.test(path)) return [];
  const pointer = typeof pointed === 'string' ? pointed : pointed();
  if (path.length > maxPathBytes || Buffer.byteLength(path) > maxPathBytes)
    return [{ pointer, code: 'path-too-long', detail: `a path is over ${maxPathBytes} bytes`, hint: RENAME }];
  const names = path.split('/');
  const problems: [code: string, what: string, broken: boolean][] = [
    ['path-empty', 'is empty', path === ''],
    ['path-absolute', 'is absolute', path.startsWith('/')],
    ['path-leaves-folder', 'has a way up (..)', names.includes('..')],
    [
      'path-not-canonical',
      'has an empty name or a single dot',
      path !== '' && (names.includes('.') || names.slice(path.startsWith('/') ? 1 : 0).includes('')),
    ],
    ['path-has-backslash', 'has a backslash', path.includes('\\')],
    [
      'path-has-drive-letter',
      'begins with a drive letter',
      /^[A-Za-z]:/.test(path) || names.some((name) => /^[A-Za-z]:$/.test(name)),
    ],
    ['path-has-home', 'begins with ~, which shells expand', path.startsWith('~')],
    ['path-has-control-character', 'has control characters', CONTROL.test(path)],
    ['path-not-utf8', 'is not readable as UTF-8', !path.isWellFormed() || path.includes('\uFFFD')],
    ['path-not-nfc', 'is not in Unicode’s composed form (NFC)', path.normalize('NFC') !== path],
    [
      'path-name-too-long',
      `has a name over ${MAX_NAME_BYTES} bytes`,
      names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES),
    ],
    ['path-too-deep', `is more than ${MAX_DEPTH} folders deep`, names.length > MAX_DEPTH],
  ];
  return problems
    .filter(([, , broken]) => broken)
    .map(([code, what]) => ({ pointer, code, detail: `the path ${shown(path)} ${what}`, hint: RENAME }));
}

/** What file systems that do not tell upper from lower case would take for the same name. */
export const caseFolded = (path: string): string => path.toUpperCase().toLowerCase().normalize('NFC');

/** The folders above a path, from the outermost: `a/b/c` → `a`, `a/b`. */
export function foldersAbove(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
