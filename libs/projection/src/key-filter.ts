const BITS = 2 ** 25;
const PROBES = 4;

/**
 * Which keys may have been seen (Bloom 1970): `mayHave` is true for every key that was added, and seldom for another: one in
 * 10,000 of a million, one in five of ten million. 4 MiB whatever is added.
 */
export class KeyFilter {
  readonly #bits = new Uint32Array(BITS / 32);

  add(key: string): void {
    const [first, step] = hashesOf(key);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = (first + Math.imul(probe, step)) & (BITS - 1);
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  mayHave(key: string): boolean {
    const [first, step] = hashesOf(key);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = (first + Math.imul(probe, step)) & (BITS - 1);
      if (((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Two in one go, FNV-1a and a multiplicative one, each mixed once more (the finalizer of MurmurHash3). */
function hashesOf(key: string): readonly [number, number] {
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other, 31) + code;
  }
  return [mixed(one), mixed(other) | 1];
}

function mixed(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}
