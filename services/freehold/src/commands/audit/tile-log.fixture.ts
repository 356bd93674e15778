import {
  commitLeaf,
  commitLeafHashes,
  entriesPath,
  folderTiles,
  formatEntries,
  formatVerifierKey,
  type LoggedCommit,
  MerkleTree,
  noteSigner,
  signCheckpoint,
  writeWhole,
} from '@freehold/evidence';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

export const ORIGIN = 'cloud.example/log';
export const KEY = 'fh_cell_0000_secret';

/** A tile log that a test writes into a folder, serves, and rewrites. */
export class TileLog implements AsyncDisposable {
  readonly #keys = generateKeyPairSync('ed25519');
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  /** Ends the connection instead of answering. */
  refuses: (path: string) => boolean = () => false;

  private constructor(
    readonly folder: string,
    private readonly server: Server,
  ) {
    server.on('request', (request, response) => {
      void (async () => {
        const path = (request.url ?? '').replace(/^\/log\//, '');
        this.asked.push(path);
        if (this.refuses(path)) return response.destroy();
        const isOpen = !path.startsWith('tile/entries/') || request.headers.authorization === `Bearer ${KEY}`;
        const bytes = isOpen ? await readFile(join(folder, path)).catch(() => null) : null;
        response.writeHead(isOpen ? (bytes === null ? 404 : 200) : 401);
        return response.end(bytes ?? undefined);
      })();
    });
  }

  static async start(folder: string): Promise<TileLog> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TileLog(folder, server);
  }

  get address(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  get verifierKey(): string {
    return formatVerifierKey({ name: ORIGIN, type: 'ed25519', publicKey: this.#keys.publicKey });
  }

  /** Makes the log consist of these commits, as an administrator could, and signs it. @returns the checkpoint */
  async write(commits: readonly LoggedCommit[]): Promise<string> {
    await rm(join(this.folder, 'tile'), { recursive: true, force: true });
    const tree = await MerkleTree.open(folderTiles(this.folder));
    await tree.append(commitLeafHashes(commits));
    await tree.settle();
    for (let index = 0; index * 256 < commits.length; index += 1) {
      const entries = commits.slice(index * 256, (index + 1) * 256).map(commitLeaf);
      await writeWhole(join(this.folder, entriesPath({ index, width: entries.length })), formatEntries(entries));
    }
    const head = { origin: ORIGIN, size: commits.length, root: tree.root(), extensions: [] };
    const note = signCheckpoint(head, noteSigner(ORIGIN, this.#keys.privateKey));
    await writeWhole(join(this.folder, 'checkpoint'), Buffer.from(note));
    return note;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The commits of a log of which every seventh is of one deployment, in two volumes. */
export function commitsOf(
  count: number,
  subject = `log.07.deployment.${OPERATOR}.deployment.${DEPLOYMENT}`,
): LoggedCommit[] {
  const last = new Map<string, { version: number; position: LoggedCommit['position'] }>();
  return Array.from({ length: count }, (_, at) => {
    const position: LoggedCommit['position'] = at < VOLUME ? `1:${at + 1}` : `2:${at - VOLUME + 1}`;
    const of = at % 7 === 3 ? subject : `log.01.accounts._.operator.${at % 5}`;
    const before = last.get(of);
    const version = (before?.version ?? 0) + 1;
    last.set(of, { version, position });
    const time = 1_700_000_000_000 + at * 1_000;
    const commit = {
      ...{ version, previous: before?.position ?? null, at: new Date(time).toISOString() },
      actor: { kind: 'credential', id: OPERATOR },
      command: { id: OPERATOR, name: 'deployment.order', digest: 'x' },
      ...{ cause: null, correlation: OPERATOR },
      events: [{ type: 'deployment.reconfigured.v1', data: { settings: { number: at } } }],
    };
    return { position, time: `${time}000000`, subject: of, body: Buffer.from(JSON.stringify(commit)) };
  });
}

export const VOLUME = 300;
export const OPERATOR = '5d1f0c3a-0000-4000-8000-000000000001';
export const DEPLOYMENT = '5d1f0c3a-0000-4000-8000-000000000002';
