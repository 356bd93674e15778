import type { PortableHistory } from '@freehold/deployment-contract';
import {
  commitLeafHashes,
  formatVerifierKey,
  historyLine,
  type LoggedCommit,
  memoryTiles,
  MerkleTree,
  noteSigner,
  readTree,
  signCheckpoint,
  type TreeReader,
} from '@freehold/evidence';
import type { Position } from '@freehold/kernel';
import { generateKeyPairSync, randomUUID } from 'node:crypto';

const ORIGIN = 'source.example/log';
const PAGE = 2;
/** Every so many commits of the log is one of the deployment. */
const EVERY = 8;
const FIRST = 3;

type Page = PortableHistory;

/** What a source's cell answers for the history of a bag: five commits of a log of 40, of which all or fewer are signed. */
export class SignedHistory {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly #all = logOf(40);
  readonly own = this.#all.filter((_, at) => at % EVERY === FIRST);
  signed = this.#all.length;
  /** What becomes of a page on its way into the bag. */
  change: (page: Page) => Page = (page) => page;

  get log() {
    const { publicKey } = this.#keys;
    return {
      origin: ORIGIN,
      key: formatVerifierKey({ name: ORIGIN, type: 'ed25519', publicKey }),
      also: [],
      former: [],
    };
  }

  get text(): string {
    return this.own.map((commit) => `${historyLine(commit)}\n`).join('');
  }

  async page(after: Page['next']): Promise<Page> {
    const { tree, checkpoint } = await this.#sign();
    const newestFirst = this.own.toReversed();
    const from = after === null ? 0 : newestFirst.findIndex(({ position }) => position === after.from);
    const commits = newestFirst.slice(from, from + PAGE);
    const next = newestFirst[from + PAGE]?.position;
    return this.change({
      lines: commits.map(historyLine),
      proofs: (await Promise.all(commits.map((commit) => this.#prove(tree, commit)))).flat(),
      checkpoint,
      next: next === undefined ? null : { from: next, size: this.signed },
    });
  }

  async #sign(): Promise<{ tree: TreeReader; checkpoint: string }> {
    const tiles = memoryTiles();
    const tree = await MerkleTree.open(tiles);
    await tree.append(commitLeafHashes(this.#all.slice(0, this.signed)));
    await tree.settle();
    const head = { origin: ORIGIN, size: this.signed, root: tree.root(), extensions: [] };
    const checkpoint = signCheckpoint(head, noteSigner(ORIGIN, this.#keys.privateKey));
    return { tree: readTree(tiles, this.signed), checkpoint };
  }

  async #prove(tree: TreeReader, { position }: LoggedCommit): Promise<Page['proofs']> {
    const index = this.#all.findIndex((each) => each.position === position);
    if (index >= this.signed) return [];
    const proof = (await tree.inclusionProof(index)).map((hash) => Buffer.from(hash).toString('base64'));
    return [{ position, index, proof }];
  }
}

function logOf(size: number): LoggedCommit[] {
  const last = new Map<string, { version: number; previous: Position }>();
  return Array.from({ length: size }, (_, at) => {
    const position: Position = `1:${at + 1}`;
    const subject = `log.00.deployment._.deployment.${at % EVERY}`;
    const { version, previous } = last.get(subject) ?? { version: 0, previous: null };
    last.set(subject, { version: version + 1, previous: position });
    const commit = {
      ...{ version: version + 1, previous, at: '2026-11-21T12:00:00.000Z', actor: { kind: 'system', id: 'test' } },
      ...{
        command: { id: randomUUID(), name: 'deployment.order', digest: '' },
        cause: null,
        correlation: randomUUID(),
      },
      events: [{ type: 'deployment.deployment-ordered.v1', data: {} }],
    };
    const time = `${1_700_000_000 + at}000000000`;
    return { position, time, subject, body: Buffer.from(JSON.stringify(commit)) };
  });
}
