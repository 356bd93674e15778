import { comparePositions, type Finding, parsePosition, type Position } from '@freehold/kernel';
import { TILE_WIDTH, tilePath } from '../tree/tile.js';
import { HASH_BYTES, sameHash } from '../tree/tree-hash.js';
import type { TrustedLeaves } from '../tree/trusted-leaves.js';
import { commitLeafHash, leafProblem, type LoggedCommit } from './commit-leaf.js';

export interface Volume {
  volume: number;
  commits: number;
}

export interface ComparisonParts {
  size: number;
  leaves: TrustedLeaves;
  volumes: readonly Volume[];
}

const MAX_FINDINGS = 200;

/**
 * Commits of a copy beside the leaves of the tree, one after the other. A volume's sequences have no gaps, so a position says
 * which leaf it is: volume's first leaf + sequence - 1.
 */
export class CopyComparison {
  readonly #parts: ComparisonParts;
  readonly #findings: Finding[] = [];
  readonly #wrongTiles = new Set<number>();
  #beyond = 0;
  /** The leaf that should come next. */
  #next = 0;
  #last: Position | null = null;
  /** The first leaf of each volume, as far as volumes have begun. */
  readonly #firsts = [0];

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
  }

  async add(commit: LoggedCommit): Promise<void> {
    const problem = leafProblem(commit);
    if (problem !== null) return this.#add(commit.position, 'commit-malformed', `is none: ${problem}`);
    const { position } = commit;
    if (this.#last !== null && comparePositions(position, this.#last) <= 0) {
      return this.#add(position, 'commit-out-of-order', `comes after ${this.#last}`);
    }
    const index = this.#indexOf(position);
    // Logged after the checkpoint, or said to be: what is missing in its place is named without it.
    if (index >= this.#parts.size) return;
    this.#missing(index);
    this.#last = position;
    this.#next = index + 1;
    await this.#compare(commit, index);
  }

  async findings(): Promise<readonly Finding[]> {
    this.#missing(this.#parts.size);
    if (this.#beyond === 0) return this.#findings;
    const detail = `${this.#beyond} more findings are not listed.`;
    return [
      ...this.#findings,
      { pointer: '', code: 'more-findings', detail, hint: 'Look at those that are listed first.' },
    ];
  }

  async #compare(commit: LoggedCommit, index: number): Promise<void> {
    const tile = Math.floor(index / TILE_WIDTH);
    const hashes = await this.#parts.leaves.tile(tile);
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    if (hashes === null) return this.#wrongTile(tile);
    if (sameHash(commitLeafHash(commit), hashes.subarray(at, at + HASH_BYTES))) return;
    this.#add(
      commit.position,
      'commit-changed',
      'is not what the log has there: its time, subject or body was changed, or all of it',
    );
  }

  /** Beyond every leaf for a volume that cannot follow yet: none is empty. */
  #indexOf(position: Position): number {
    const { volume, sequence } = parsePosition(position);
    while (this.#firsts.length < volume) {
      const last = this.#firsts.at(-1)!;
      const first = last + (this.#commitsOf(this.#firsts.length) ?? this.#next - last);
      if (first <= last) return Infinity;
      this.#firsts.push(first);
    }
    return this.#firsts[volume - 1]! + sequence - 1;
  }

  #positionOf(index: number): Position {
    const volume = this.#firsts.findLastIndex((first) => first <= index) + 1;
    const sequence = index - this.#firsts[volume - 1]! + 1;
    const commits = this.#commitsOf(volume);
    const fits = volume < this.#firsts.length || commits === undefined || sequence <= commits;
    return fits ? `${volume}:${sequence}` : `${volume + 1}:${sequence - commits}`;
  }

  #commitsOf(volume: number): number | undefined {
    return this.#parts.volumes.find((each) => each.volume === volume)?.commits;
  }

  /** The leaves from the next one up to `index` are not in the copy. */
  #missing(index: number): void {
    const count = index - this.#next;
    if (count <= 0) return;
    const begins = this.#positionOf(this.#next);
    this.#next = index;
    this.#add(
      begins,
      'commit-missing',
      count === 1 ? 'is missing' : `is missing, and so are the ${count - 1} after it`,
    );
  }

  #wrongTile(index: number): void {
    if (this.#wrongTiles.has(index)) return;
    this.#wrongTiles.add(index);
    const path = tilePath({ level: 0, index, width: TILE_WIDTH });
    const first = index * TILE_WIDTH;
    this.#push({
      pointer: `/${path}`,
      code: 'tile-wrong',
      detail: `The commits of leaves ${first} to ${first + TILE_WIDTH - 1} were not compared: ${path}, or a tile above it, is not of this tree.`,
      hint: 'Take the tiles from somewhere else.',
    });
  }

  #add(position: Position, code: string, detail: string): void {
    const hint = 'Keep this copy as evidence, and ask for another one; compare who could write to each.';
    this.#push({ pointer: `/commits/${position}`, code, detail: `The commit at ${position} ${detail}.`, hint });
  }

  #push(finding: Finding): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
    else this.#beyond += 1;
  }
}
