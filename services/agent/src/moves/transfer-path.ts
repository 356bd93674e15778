import { Id } from '@freehold/kernel';

/** A listing has a digest of every file, which takes as long as reading them does; an outline has none. */
export type ListKind = 'listing' | 'outline';

/** What is asked of the transfer listener. `names`: of a path, each without `/`, `.` and `..`. */
export type TransferRequest =
  | { readonly what: ListKind; readonly move: string; readonly part: string }
  | { readonly what: 'file'; readonly move: string; readonly part: string; readonly names: readonly string[] }
  | { readonly what: 'bag'; readonly move: string; readonly names: readonly string[] };

/** Below `/v1/transfer/<move>`; each name percent-encoded (RFC 3986). */
export const transferPath = (...names: readonly string[]): string =>
  names.map((name) => `/${encodeURIComponent(name)}`).join('');

/** The same of a path. */
export const transferPathBelow = (path: string): string => `/${encodeURIComponent(path).replaceAll('%2F', '/')}`;

/** Null: no path of the listener, or one that could lead elsewhere. */
export function readTransferPath(url: string): TransferRequest | null {
  const names = namesOf(url);
  if (names === null) return null;
  const [version, transfer, move = '', what, ...rest] = names;
  if (version !== 'v1' || transfer !== 'transfer' || !Id.safeParse(move).success) return null;
  const [part, ...below] = rest;
  if (part === undefined) return null;
  if (what === 'listing' || what === 'outline') return below.length === 0 ? { what, move, part } : null;
  if (what === 'file') return below.length === 0 ? null : { what, move, part, names: below };
  return what === 'bag' ? { what, move, names: rest } : null;
}

function namesOf(url: string): string[] | null {
  if (!url.startsWith('/') || /[?#]/.test(url)) return null;
  try {
    const names = url.slice(1).split('/').map(decodeURIComponent);
    return names.every(isName) ? names : null;
  } catch {
    return null; // malformed percent-encoding
  }
}

const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
