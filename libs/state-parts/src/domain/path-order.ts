/** Order of names by their bytes in UTF-8, which is the order of code points, without encoding them. */
export const compareNames = (a: string, b: string): number => compareBy(codePointRank, a, b);

/** Order of a listing: a folder before what is in it, siblings by name. Not that of whole paths: `a/b` stands before `a.txt`. */
export const comparePaths = (a: string, b: string): number => compareBy(pathRank, a, b);

function compareBy(rankOf: (unit: number) => number, a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** Surrogates (0xD800 to 0xDFFF) stand for code points above all other units. */
const codePointRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

const SLASH = 0x2f;

/** A name that ends comes before any that goes on. */
const pathRank = (unit: number): number => (unit === SLASH ? -1 : codePointRank(unit));

/** Whether the path is one of these or lies below one of them. */
export function liesIn(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (folders.has(path.slice(0, end))) return true;
  }
  return false;
}

/** A pattern of base names where `*` stands for any characters. */
export function namePattern(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
