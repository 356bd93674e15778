import { consistencyProof, entries, inclusionProof, proveCommits, tile } from '@freehold/audit-contract';
import {
  commitLeaf,
  KeptTiles,
  loadTile,
  parseTilePath,
  readTree,
  TILE_WIDTH,
  tileAt,
  TileUnreadable,
  type TreeReader,
  verifyConsistency,
  verifyInclusion,
} from '@freehold/evidence';
import { comparePositions, type Finding } from '@freehold/kernel';
import type { Log } from '@freehold/log';
import {
  type Done,
  done,
  type Failed,
  failed,
  LOG,
  notFound,
  Operation,
  type OperationRequest,
  refusedWith,
} from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { type EvidenceStore, type KeptCheckpoint } from './evidence-store.port.js';
import { LeafPlaces } from './leaf-places.js';
import { EVIDENCE_STORE } from './evidence.providers.js';
import { LogEvidence } from './log-evidence.js';

/** Of leaves in one answer: with base64 around them it stays below the server's 1 MiB, and one leaf always fits. */
const ANSWER_BYTES = 512 * 1024;
/** So long a signature is waited for that was asked for: whoever asks makes a bag, in somebody's downtime. */
const SIGNING_MS = 300;

/** What others check the log by. Everything is of the newest checkpoint or a smaller tree: what is not signed is not shown. */
@Controller()
export class EvidenceOperations {
  /** Between requests. */
  readonly #kept = new KeptTiles();

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(EVIDENCE_STORE) private readonly store: EvidenceStore,
    @Inject(LogEvidence) private readonly evidence: LogEvidence,
  ) {}

  @Operation(tile)
  async tile({ body }: OperationRequest<typeof tile>) {
    const asked = parseTilePath(body.path);
    const last = await this.store.last();
    if (asked === null || last === null) return notFound();
    const widest = tileAt(asked.level, asked.index * TILE_WIDTH, last.checkpoint.size);
    if (asked.width > widest.width) return notFound();
    return this.#fromTiles(async () => done({ bytes: base64(await loadTile(this.store.tiles, asked)) }));
  }

  @Operation(entries)
  async entries({ body: { first, count } }: OperationRequest<typeof entries>) {
    const last = await this.store.last();
    if (last === null || first + count > last.checkpoint.size) return notFound();
    const places = new LeafPlaces(last.volumes);
    const found: string[] = [];
    let bytes = 0;
    const [after, to] = [places.positionOf(first - 1), places.positionOf(first + count - 1)];
    for await (const commit of this.log.rangeRaw(after, to)) {
      const leaf = commitLeaf(commit);
      bytes += leaf.byteLength;
      if (bytes > ANSWER_BYTES && found.length > 0) break;
      found.push(base64(leaf));
    }
    return found.length === 0 ? notFound() : done({ entries: found });
  }

  @Operation(inclusionProof)
  async inclusion({ body }: OperationRequest<typeof inclusionProof>) {
    const last = await this.store.last();
    if (last === null) return nothingSigned();
    const { position, size = last.checkpoint.size } = body;
    if (size > last.checkpoint.size) return refusedWith([sizeNotSigned('/size', last)]);
    const index = new LeafPlaces(last.volumes).leafOf(position, size);
    if (index === null) return refusedWith([positionNotSigned(position, size)]);
    return this.#fromTiles(async () => {
      const tree = readTree(this.store.tiles, last.checkpoint.size, this.#kept);
      const [leaf, root] = await Promise.all([tree.leaf(index), rootOf(tree, size, last)]);
      const proof = await tree.inclusionProof(index, size);
      if (!verifyInclusion({ index, size, leaf, proof, root })) return null;
      const hashes = { leaf: base64(leaf), root: base64(root), proof: proof.map(base64) };
      return done({ position, index, size, ...hashes, checkpoint: noteOf(size, last) });
    });
  }

  @Operation(consistencyProof)
  async consistency({ body }: OperationRequest<typeof consistencyProof>) {
    const last = await this.store.last();
    if (last === null) return nothingSigned();
    const { from, to = last.checkpoint.size } = body;
    if (to > last.checkpoint.size) return refusedWith([sizeNotSigned('/to', last)]);
    if (from > to) return refusedWith([sizeNotSigned('/from', last)]);
    return this.#fromTiles(async () => {
      const tree = readTree(this.store.tiles, last.checkpoint.size, this.#kept);
      const [fromRoot, toRoot] = await Promise.all([rootOf(tree, from, last), rootOf(tree, to, last)]);
      const proof = await tree.consistencyProof(from, to);
      if (!verifyConsistency({ first: from, second: to, firstRoot: fromRoot, secondRoot: toRoot, proof })) return null;
      const hashes = { fromRoot: base64(fromRoot), toRoot: base64(toRoot), proof: proof.map(base64) };
      return done({ from, to, ...hashes, checkpoint: noteOf(to, last) });
    });
  }

  @Operation(proveCommits)
  async prove({ body: { positions, size: asked } }: OperationRequest<typeof proveCommits>) {
    const newest = positions.toSorted(comparePositions).at(-1)!;
    if (asked === undefined) await this.evidence.signSoon(newest, SIGNING_MS);
    const last = await this.store.last();
    if (last === null) return nothingSigned();
    const size = asked ?? last.checkpoint.size;
    if (size > last.checkpoint.size) return refusedWith([sizeNotSigned('/size', last)]);
    const places = new LeafPlaces(last.volumes);
    return this.#fromTiles(async () => {
      const tree = readTree(this.store.tiles, last.checkpoint.size, this.#kept);
      const root = await rootOf(tree, size, last);
      const commits = [];
      for (const position of positions) {
        const index = places.leafOf(position, size);
        if (index === null) continue;
        const proof = await tree.inclusionProof(index, size);
        if (!verifyInclusion({ index, size, leaf: await tree.leaf(index), proof, root })) return null;
        commits.push({ position, index, proof: proof.map(base64) });
      }
      return done({ size, checkpoint: noteOf(size, last), commits });
    });
  }

  /** `answer` is null when it does not hold. Lost and damaged tiles are built again. */
  async #fromTiles<Reply>(answer: () => Promise<Done<Reply> | null>): Promise<Done<Reply> | Failed> {
    try {
      const answered = await answer();
      if (answered !== null) return answered;
    } catch (error) {
      if (!(error instanceof TileUnreadable)) throw error;
    }
    this.#kept.forget();
    this.evidence.suspect();
    return failed('unavailable', 'Tiles of the log are lost or damaged. They are built again; ask again then.');
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Of the checkpoint's own size its own root: what the tiles say is measured by it. */
const rootOf = async (tree: TreeReader, size: number, { checkpoint }: KeptCheckpoint): Promise<Uint8Array> =>
  size === checkpoint.size ? checkpoint.root : tree.root(size);

const noteOf = (size: number, { checkpoint, note }: KeptCheckpoint) => (size === checkpoint.size ? note : null);

const nothingSigned = () => failed('unavailable', 'No checkpoint of the log has been signed yet.');

const sizeNotSigned = (pointer: string, { checkpoint }: KeptCheckpoint): Finding => ({
  pointer,
  code: 'size-not-signed',
  detail: `The newest checkpoint has ${checkpoint.size} leaves.`,
  hint: 'Ask for trees up to that size, the smaller one first.',
});

const positionNotSigned = (position: string, size: number): Finding => ({
  pointer: '/position',
  code: 'position-not-signed',
  detail: `There is no commit ${position} among the first ${size} of the log.`,
  hint: 'A new commit is signed within a minute; ask again then.',
});
