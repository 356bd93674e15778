import type { Position } from '@freehold/kernel';
import { parseCommitLeaf } from '../history/parse-leaf.js';
import { type Tile, TILE_WIDTH, tileAt } from '../tree/tile.js';
import { HASH_BYTES, leafHash, sameHash } from '../tree/tree-hash.js';
import type { TrustedTiles } from '../tree/trusted-tiles.js';
import { type Anchor, positionAt } from './commit-names.js';
import { copiedBundle, type CopyFiles, widestBundle } from './copy-files.js';
import { looseEntries } from './loose-entries.js';

/** One place where the copy is not the log. `leaf` counts from 0; `position` is that of the leaf in the log. */
export type Difference =
  /** Something else stands there; `elsewhere`: it is a commit of the log, of another place. */
  | { kind: 'changed'; leaf: number; position: Position; elsewhere: Position | null }
  /** `count` commits from here on. At the end nothing shows whether a volume begins there: then it is named as if none did. */
  | { kind: 'missing'; leaf: number; position: Position; count: number }
  /** `count` entries stand before this commit that the log does not have there; `elsewhere` as above, of the first. */
  | { kind: 'added'; leaf: number; position: Position; count: number; elsewhere: Position | null }
  /** The commit is right, the length before it in its bundle is not. */
  | { kind: 'length'; leaf: number; position: Position }
  /** No tile of this tree says what should be there: 256 leaves, or those that there are. */
  | { kind: 'unknown'; leaf: number; position: Position; tile: Tile };

/** Without its position, which is known when the next commit is right. */
type Unnamed = Difference extends infer Each ? (Each extends Difference ? Omit<Each, 'position'> : never) : never;

interface Entry {
  hash: Uint8Array;
  position: Position | null;
  framed: boolean;
  /** The leaf that it is if nothing before it in its bundle is missing or added. */
  leaf: number;
}

/** How far ahead both sides are searched for what stands elsewhere. */
const AHEAD = 2 * TILE_WIDTH;
const MAX_DIFFERENCES = 200;
/** All tiles of the log are read for one. */
const MAX_SEARCHES = 4;

/**
 * The entries of a copy beside the leaves of the tree, both in order: where they differ, the nearest place is looked for where
 * they agree again. So what is missing or was added makes nothing else look changed.
 */
export class Alignment {
  readonly #pending: Unnamed[] = [];
  readonly #found: Difference[] = [];
  readonly #entries: Entry[] = [];
  #nextBundle = 0;
  #searches = 0;
  #leaf = 0;
  #before: Anchor | null = null;
  /** Entries behind the last bundle's end that are of later leaves. */
  #surplus = 0;
  /** Hashes of the last leaves: to know what stands elsewhere. */
  readonly #seen = new Set<string>();
  readonly #unknownTiles = new Set<number>();

  constructor(
    private readonly files: CopyFiles,
    private readonly tiles: TrustedTiles,
    private readonly ends: { size: number; bundles: number },
  ) {}

  /** In order; at most 200, and then it says that it did not go on. */
  async differences(): Promise<{ differences: readonly Difference[]; ended: boolean }> {
    while (this.#leaf < this.ends.size && this.#found.length + this.#pending.length < MAX_DIFFERENCES) {
      const [entry] = await this.#upcoming(1);
      if (entry === undefined) {
        this.#pending.push({ kind: 'missing', leaf: this.#leaf, count: this.ends.size - this.#leaf });
        this.#leaf = this.ends.size;
      } else {
        await this.#step(entry);
      }
    }
    this.#name(null);
    return { differences: this.#found, ended: this.#leaf >= this.ends.size };
  }

  async #step(entry: Entry): Promise<void> {
    const wanted = await this.#hashOf(this.#leaf);
    if (wanted === null) return this.#pass(entry);
    if (sameHash(entry.hash, wanted)) return this.#agree(entry);
    const ahead = await this.#leavesAhead();
    const { entries, leaves } = await this.#resync(ahead);
    const elsewhere = (at: number): Position | null => {
      const { hash, position } = this.#entries[at]!;
      return ahead.has(keyOf(hash)) || this.#seen.has(keyOf(hash)) ? position : null;
    };
    const paired = Math.min(entries, leaves);
    for (let at = 0; at < paired; at += 1) {
      this.#pending.push({ kind: 'changed', leaf: this.#leaf + at, elsewhere: elsewhere(at) });
    }
    const leaf = this.#leaf + paired;
    if (leaves > paired) this.#pending.push({ kind: 'missing', leaf, count: leaves - paired });
    if (entries > paired) {
      this.#pending.push({ kind: 'added', leaf, count: entries - paired, elsewhere: elsewhere(paired) });
    }
    this.#entries.splice(0, entries);
    for (const key of [...ahead.keys()].slice(0, leaves)) this.#remember(key);
    this.#leaf += leaves;
  }

  /** How many of both are to be left out until they agree again; the fewest. One of each, when it is not to be seen. */
  async #resync(leaves: ReadonlyMap<string, number>): Promise<{ entries: number; leaves: number }> {
    let best = { entries: 1, leaves: 1, cost: Infinity };
    const entries = await this.#upcoming(AHEAD);
    for (const [at, { hash }] of entries.entries()) {
      if (at >= best.cost) break;
      const found = leaves.get(keyOf(hash));
      if (found !== undefined && at + found < best.cost) best = { entries: at, leaves: found, cost: at + found };
    }
    if (best.cost < Infinity) return best;
    const far = await this.#farAhead(entries[0]!);
    if (far !== null) return { entries: 0, leaves: far - this.#leaf };
    // At the end all that is left of one side is paired with what is left of the other.
    const isLast = entries.length < AHEAD && this.#leaf + AHEAD >= this.ends.size;
    const left = Math.max(1, entries.length - this.#surplus);
    return isLast ? { entries: left, leaves: this.ends.size - this.#leaf } : best;
  }

  /** The leaf that an entry is, when many before it are missing: by its place in the files, or looked for to the end. */
  async #farAhead({ leaf, hash }: Entry): Promise<number | null> {
    if (leaf > this.#leaf && leaf < this.ends.size) {
      const there = await this.#hashOf(leaf);
      if (there !== null && sameHash(there, hash)) return leaf;
    }
    this.#searches += 1;
    return this.#searches > MAX_SEARCHES ? null : this.#search(hash);
  }

  async #search(hash: Uint8Array): Promise<number | null> {
    for (let from = this.#leaf; from < this.ends.size; from = (Math.floor(from / TILE_WIDTH) + 1) * TILE_WIDTH) {
      const hashes = await this.tiles.tile(tileAt(0, from, this.ends.size));
      for (let at = 0; at < (hashes?.byteLength ?? 0); at += HASH_BYTES) {
        const leaf = Math.floor(from / TILE_WIDTH) * TILE_WIDTH + at / HASH_BYTES;
        if (leaf > this.#leaf && sameHash(hashes!.subarray(at, at + HASH_BYTES), hash)) return leaf;
      }
    }
    return null;
  }

  /** Where the next leaves are, counted from here. */
  async #leavesAhead(): Promise<Map<string, number>> {
    const ahead = new Map<string, number>();
    const end = Math.min(this.ends.size, this.#leaf + AHEAD);
    for (let leaf = this.#leaf; leaf < end;) {
      const tile = tileAt(0, leaf, this.ends.size);
      const hashes = await this.tiles.tile(tile);
      const next = Math.min(end, tile.index * TILE_WIDTH + tile.width);
      for (; leaf < next; leaf += 1) {
        const at = (leaf % TILE_WIDTH) * HASH_BYTES;
        if (hashes !== null) ahead.set(keyOf(hashes.subarray(at, at + HASH_BYTES)), leaf - this.#leaf);
      }
    }
    return ahead;
  }

  #agree(entry: Entry): void {
    const { position } = entry;
    if (position !== null) {
      const anchor = { leaf: this.#leaf, position };
      this.#name(anchor);
      this.#before = anchor;
      if (!entry.framed) this.#found.push({ kind: 'length', ...anchor });
    }
    this.#take(entry);
  }

  #pass(entry: Entry): void {
    const tile = tileAt(0, this.#leaf, this.ends.size);
    if (!this.#unknownTiles.has(tile.index)) {
      this.#unknownTiles.add(tile.index);
      this.#pending.push({ kind: 'unknown', leaf: this.#leaf, tile });
    }
    this.#take(entry);
  }

  #take({ hash }: Entry): void {
    this.#remember(keyOf(hash));
    this.#entries.shift();
    this.#leaf += 1;
  }

  #remember(key: string): void {
    this.#seen.add(key);
    const oldest = this.#seen.size > AHEAD ? this.#seen.keys().next().value : undefined;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  #name(after: Anchor | null): void {
    for (const each of this.#pending.splice(0)) {
      this.#found.push({ ...each, position: positionAt(each.leaf, this.#before, after) });
    }
  }

  async #hashOf(leaf: number): Promise<Uint8Array | null> {
    const tile = tileAt(0, leaf, this.ends.size);
    const at = (leaf % TILE_WIDTH) * HASH_BYTES;
    return (await this.tiles.tile(tile))?.subarray(at, at + HASH_BYTES) ?? null;
  }

  /** Up to `count` entries from here on; fewer at the end of the copy. */
  async #upcoming(count: number): Promise<readonly Entry[]> {
    while (
      this.#entries.length < count &&
      this.#nextBundle < this.ends.bundles &&
      this.#nextBundle * TILE_WIDTH < this.ends.size
    ) {
      const bundle = tileAt(0, this.#nextBundle * TILE_WIDTH, this.ends.size);
      this.#nextBundle += 1;
      const file = await copiedBundle(this.files, bundle);
      const bytes = file?.bytes ?? (await widestBundle(this.files, bundle.index));
      this.#entries.push(...(bytes === null ? [] : entriesOf(bytes, bundle.index * TILE_WIDTH)));
      this.#surplus = (file?.width ?? bundle.width) - bundle.width;
    }
    return this.#entries.slice(0, count);
  }
}

const entriesOf = (bundle: Uint8Array, first: number): Entry[] =>
  looseEntries(bundle).map(({ bytes, framed }, at) => ({
    hash: leafHash(bytes),
    position: parseCommitLeaf(bytes)?.position ?? null,
    framed,
    leaf: first + at,
  }));

const keyOf = (hash: Uint8Array): string =>
  Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
