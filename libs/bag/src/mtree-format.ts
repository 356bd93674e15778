/** mtree(5) side files: what BagIt leaves out of a tree. Full paths (`./a/b`), `\ooo` for all but printable ASCII, times to the nanosecond. */
export type MtreeEntry = {
  /** Relative to the part, `/` between names; `.` is the part's own folder. */
  path: string;
  type: 'file' | 'dir' | 'link';
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  /** Since 1970. */
  mtimeNs: bigint;
  uname?: string;
  /** Of a link, and only of links. */
  target?: string;
  sizeBytes?: number;
  /** 64 hexadecimal digits. */
  sha256?: string;
};

export const NS_PER_SECOND = 1_000_000_000n;

/** Lines with their ends, the signature first. */
export async function* formatMtree(entries: AsyncIterable<MtreeEntry>): AsyncGenerator<string> {
  yield '#mtree v2.0\n';
  for await (const entry of entries) yield formatEntry(entry);
}

function formatEntry(entry: MtreeEntry): string {
  const words = [
    entry.path === '.' ? '.' : `./${encode(entry.path)}`,
    `type=${entry.type}`,
    `mode=${entry.mode.toString(8).padStart(4, '0')}`,
    `time=${formatTime(entry.mtimeNs)}`,
  ];
  if (entry.uname !== undefined) words.push(`uname=${encode(entry.uname)}`);
  if (entry.target !== undefined) words.push(`link=${encode(entry.target)}`);
  if (entry.sizeBytes !== undefined) words.push(`size=${entry.sizeBytes}`);
  if (entry.sha256 !== undefined) words.push(`sha256digest=${entry.sha256}`);
  return `${words.join(' ')}\n`;
}

/** Seconds, and nanoseconds after them also before 1970, as a timespec has them. */
function formatTime(ns: bigint): string {
  if (ns >= NS_PER_SECOND) return String(ns).replace(/(?=\d{9}$)/, '.');
  const fraction = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return `${(ns - fraction) / NS_PER_SECOND}.${String(fraction).padStart(9, '0')}`;
}

/** Printable ASCII without a backslash and a hash sign: most names. */
const PLAIN = /^[!"$-[\]-~]*$/;

function encode(text: string): string {
  if (PLAIN.test(text)) return text;
  const keep = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x23;
  return Array.from(Buffer.from(text), (byte) =>
    keep(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
  ).join('');
}
