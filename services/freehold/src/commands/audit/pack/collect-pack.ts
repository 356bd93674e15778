import {
  commitLeafHash,
  type LogFiles,
  type LoggedCommit,
  nodeHash,
  parseCommitLeaf,
  parseTilePath,
  proveHistory,
  readTree,
  type RightBundle,
  rightBundle,
  sameHash,
  tileAt,
  TILE_WIDTH,
  type TreeHead,
  type TrustedTiles,
  trustedTiles,
  verifyInclusion,
} from '@freehold/evidence';
import { comparePositions, type Finding, type Position } from '@freehold/kernel';
import { EvidenceRefused } from '../audit-action.js';

/** A commit with its place in the log, and with the proof that it stands there. */
export interface ProvenCommit extends LoggedCommit {
  /** Of its leaf, from 0. */
  index: number;
  leaf: Uint8Array;
  proof: readonly Uint8Array[];
}

export interface SignedHead extends TreeHead {
  note: string;
}

/** A log as it was signed: what is read of it has been compared. */
export class SignedLog {
  readonly #last = new Map<number, RightBundle>();

  private constructor(
    private readonly files: LogFiles,
    private readonly tiles: TrustedTiles,
    readonly head: SignedHead,
  ) {}

  /** @throws EvidenceRefused when its tiles do not lead to the checkpoint. */
  static async open(files: LogFiles, head: SignedHead): Promise<SignedLog> {
    const tiles = await trustedTiles([files], head);
    if (tiles === null) throw new EvidenceRefused('The log is not what it signed', [notLeading(head.size)]);
    return new SignedLog(files, tiles, head);
  }

  /** Whether an earlier head is the beginning of this log. */
  async continues({ size, root }: TreeHead): Promise<boolean> {
    const own = size > this.head.size ? null : await this.tiles.root(size);
    return own !== null && sameHash(own, root);
  }

  /** All commits in their order, each as it is hashed. @throws EvidenceRefused at the first that is not what was signed. */
  async *commits(onBundle: (bytes: number) => void): AsyncGenerator<LoggedCommit & { leaf: Uint8Array }> {
    for (let index = 0; index * TILE_WIDTH < this.head.size; index += 1) {
      const { entries, bytes } = await this.#bundle(index);
      onBundle(bytes.byteLength);
      for (const [at, leaf] of entries.entries()) {
        const commit = parseCommitLeaf(leaf);
        if (commit === null)
          throw new EvidenceRefused('The log holds what is no commit', [noCommit(index * TILE_WIDTH + at)]);
        yield { ...commit, leaf };
      }
    }
  }

  /** All commits of a subject, by reading all of the log. */
  async commitsOf(isMeant: (subject: string) => boolean, onBundle: (bytes: number) => void): Promise<ProvenCommit[]> {
    const found: number[] = [];
    let index = 0;
    for await (const { subject } of this.commits(onBundle)) {
      if (isMeant(subject)) found.push(index);
      index += 1;
    }
    return this.prove(found);
  }

  /** The commits at positions, each found by halving. Those that are not signed so far are left out. */
  async commitsAt(positions: readonly Position[]): Promise<ProvenCommit[]> {
    const found: number[] = [];
    for (const position of positions) {
      const index = await this.#indexOf(position);
      if (index !== null) found.push(index);
    }
    return this.prove(found);
  }

  async prove(indices: readonly number[]): Promise<ProvenCommit[]> {
    const { size } = this.head;
    const tree = this.#tree();
    const commits: ProvenCommit[] = [];
    for (const index of indices) {
      const leaf = await this.#entry(index);
      const commit = parseCommitLeaf(leaf);
      if (commit === null) throw new EvidenceRefused('The log holds what is no commit', [noCommit(index)]);
      commits.push({ ...commit, index, leaf, proof: await tree.inclusionProof(index, size) });
    }
    return commits;
  }

  /** `history.proof` of commits. */
  proofOf(commits: readonly ProvenCommit[]): Promise<string> {
    return proveHistory(this.#tree(), commits, this.head);
  }

  #tree() {
    const store = {
      get: async (path: string) => this.tiles.tile(parseTilePath(path)!),
      put: () => Promise.reject(new Error('A log that is read is not written')),
    };
    return readTree(store, this.head.size);
  }

  async #indexOf(position: Position): Promise<number | null> {
    let [from, to] = [0, this.head.size];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const there = parseCommitLeaf(await this.#entry(middle))?.position;
      if (there === undefined) throw new EvidenceRefused('The log holds what is no commit', [noCommit(middle)]);
      const order = comparePositions(there, position);
      if (order === 0) return middle;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return null;
  }

  async #entry(index: number): Promise<Uint8Array> {
    const { entries } = await this.#bundle(Math.floor(index / TILE_WIDTH));
    return entries[index % TILE_WIDTH]!;
  }

  async #bundle(index: number): Promise<RightBundle> {
    const known = this.#last.get(index);
    if (known !== undefined) return known;
    const bundle = await rightBundle(this.files, this.tiles, tileAt(0, index * TILE_WIDTH, this.head.size));
    if (bundle.kind === 'refused') throw new EvidenceRefused('The log is not what it signed', bundle.findings);
    const oldest = this.#last.size >= KEPT_BUNDLES ? this.#last.keys().next().value : undefined;
    if (oldest !== undefined) this.#last.delete(oldest);
    this.#last.set(index, bundle.value);
    return bundle.value;
  }
}

/** The bundles that halving passes again and again: 16 MB at most. */
const KEPT_BUNDLES = 32;

/** One step from a leaf up to the root. */
export interface TreeStep {
  hash: Uint8Array;
  sibling: Uint8Array;
  siblingIsLeft: boolean;
}

/** The way of an inclusion proof (RFC 9162 section 2.1.3.2); its last step's parent is the root. */
export function stepsOf(commit: ProvenCommit, { size, root }: TreeHead): TreeStep[] {
  const leaf = commitLeafHash(commit);
  if (!verifyInclusion({ index: commit.index, size, leaf, proof: commit.proof, root })) {
    throw new Error(`The commit at ${commit.position} has a proof that does not hold`);
  }
  const steps: TreeStep[] = [];
  let [at, last, hash] = [commit.index, size - 1, leaf];
  for (const sibling of commit.proof) {
    // Levels at which the node has no sibling are passed: it is its own parent there.
    while (at % 2 === 0 && at === last) [at, last] = [at / 2, Math.floor(last / 2)];
    const siblingIsLeft = at % 2 === 1;
    steps.push({ hash, sibling, siblingIsLeft });
    hash = siblingIsLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return steps;
}

const notLeading = (size: number): Finding => ({
  pointer: '/tile',
  code: 'tiles-wrong',
  detail: `The tiles of the log do not lead to its checkpoint of ${size} commits.`,
  hint: 'Verify the copy (freehold audit verify), or try again later.',
});

const noCommit = (index: number): Finding => ({
  pointer: `/leaves/${index}`,
  code: 'commit-malformed',
  detail: `Number ${index + 1} of the log is no commit of a form that is known here.`,
  hint: 'Use a newer Freehold; if there is none, tell the provider.',
});
