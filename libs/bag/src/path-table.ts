import { hash, randomBytes } from 'node:crypto';

const USED = 1 << 15;
const KEY_WORDS = 4;
const FIRST_SLOTS = 1024;

/**
 * A set of paths with 15 flags each and, if wanted, a value of fixed length, in flat arrays instead of strings: 18 bytes a slot
 * and the value, at most 70 % of the slots used, so 26 to 52 bytes a path. A path is known by 128 bits of its SHA-256 with a
 * random salt: nobody can choose names that meet, and two of five million meet by chance once in 10^25 bags.
 */
export class PathTable {
  readonly #salt = randomBytes(16).toString('hex');
  readonly #valueBytes: number;
  #slots = FIRST_SLOTS;
  #size = 0;
  #keys = new Uint32Array(FIRST_SLOTS * KEY_WORDS);
  #flags = new Uint16Array(FIRST_SLOTS);
  #values: Uint8Array;

  constructor(options: { valueBytes?: number } = {}) {
    this.#valueBytes = options.valueBytes ?? 0;
    this.#values = new Uint8Array(FIRST_SLOTS * this.#valueBytes);
  }

  /** Sets flags (1 to 2^14); returns those that were there before, 0 for a new path. */
  add(path: string, flags: number, value?: Uint8Array): number {
    if (this.#size * 10 >= this.#slots * 7) this.#grow();
    const key = this.#keyOf(path);
    const slot = this.#find(key);
    const before = this.#flags[slot] ?? 0;
    if (before === 0) {
      this.#keys.set(key, slot * KEY_WORDS);
      this.#size += 1;
    }
    this.#flags[slot] = before | flags | USED;
    if (value !== undefined) this.#values.set(value, slot * this.#valueBytes);
    return before & ~USED;
  }

  /** The flags of a path, 0 where it is not there. */
  flags(path: string): number {
    return (this.#flags[this.#find(this.#keyOf(path))] ?? 0) & ~USED;
  }

  value(path: string): Uint8Array {
    const slot = this.#find(this.#keyOf(path));
    return this.#values.slice(slot * this.#valueBytes, (slot + 1) * this.#valueBytes);
  }

  #keyOf(path: string): Uint32Array {
    const digest = hash('sha256', this.#salt + path, 'buffer');
    const word = (index: number): number => digest.readUInt32LE(index * 4);
    return Uint32Array.of(word(0), word(1), word(2), word(3));
  }

  /** The slot of a key, or the free one where it belongs. Linear probing; there is always a free slot. */
  #find(key: Uint32Array): number {
    let slot = (key[0] ?? 0) & (this.#slots - 1);
    while (this.#flags[slot] !== 0 && !this.#isAt(slot, key)) slot = (slot + 1) & (this.#slots - 1);
    return slot;
  }

  #isAt(slot: number, key: Uint32Array): boolean {
    const at = slot * KEY_WORDS;
    const keys = this.#keys;
    return keys[at] === key[0] && keys[at + 1] === key[1] && keys[at + 2] === key[2] && keys[at + 3] === key[3];
  }

  #grow(): void {
    const old = { slots: this.#slots, keys: this.#keys, flags: this.#flags, values: this.#values };
    this.#slots *= 2;
    this.#keys = new Uint32Array(this.#slots * KEY_WORDS);
    this.#flags = new Uint16Array(this.#slots);
    this.#values = new Uint8Array(this.#slots * this.#valueBytes);
    for (let from = 0; from < old.slots; from += 1) {
      const flags = old.flags[from] ?? 0;
      if (flags === 0) continue;
      const key = old.keys.subarray(from * KEY_WORDS, (from + 1) * KEY_WORDS);
      const slot = this.#find(key);
      this.#keys.set(key, slot * KEY_WORDS);
      this.#flags[slot] = flags;
      this.#values.set(
        old.values.subarray(from * this.#valueBytes, (from + 1) * this.#valueBytes),
        slot * this.#valueBytes,
      );
    }
  }
}
