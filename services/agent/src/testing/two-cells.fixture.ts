import {
  type Job,
  type JobResult,
  portableDocuments,
  portableHistory,
  receiveDocuments,
} from '@freehold/deployment-contract';
import { readSigningKey, signTransferToken, type TransferScope } from '@freehold/platform';
import { transferSource } from '@freehold/portability-contract';
import type { DesiredState } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Agent } from '../agent.js';
import { memoryHost, startTestAgent } from './agent.fixture.js';
import { nameOf, TestCell } from './cell.fixture.js';
import { CuttingProxy } from './cutting-proxy.fixture.js';
import { FolderBackend } from './folder-backend.fixture.js';
import { greeterPackage } from './greeter.fixture.js';
import { SignedHistory } from './signed-history.fixture.js';

type Outcome = { kind: 'succeeded'; result?: JobResult | undefined } | { kind: 'failed'; findings: { code: string }[] };
const RECIPIENT = `age1${'q'.repeat(58)}`;

/** One side: a cell, its agent and the environments that lie in its folder. */
class Side {
  agent!: Agent;
  readonly backend: FolderBackend;
  readonly #start: (leaveRunning: boolean) => Promise<Agent>;

  private constructor(
    readonly cell: TestCell,
    started: { backend: FolderBackend; start: (leaveRunning: boolean) => Promise<Agent> },
  ) {
    this.backend = started.backend;
    this.#start = started.start;
  }

  static async open(name: string): Promise<Side> {
    const cell = await TestCell.open();
    const host = memoryHost();
    const backend = new FolderBackend(host, join(cell.ground.folder, name, 'data', 'environments'));
    const timing = { retryMs: 20, patienceMs: 4_000, silentMs: 10_000, lookMs: 200 };
    const { start } = await startTestAgent(cell, { host, name, openBackend: async () => backend, timing });
    const side = new Side(cell, { backend, start });
    await side.start();
    return side;
  }

  async start(): Promise<void> {
    this.agent = await this.#start(false);
    await eventually(() => this.cell.joins.length > 0);
  }

  async close(): Promise<void> {
    await this.agent.close();
    await this.cell.release();
  }

  async do(job: Job): Promise<Outcome | undefined> {
    await this.cell.sendJob(job);
    return this.outcomeOf(job);
  }

  async outcomeOf({ id }: Job): Promise<Outcome | undefined> {
    const found = () => this.cell.outcomes.find(({ body }) => body.job.id === id)?.body.outcome;
    await eventually(() => found() !== undefined, { timeoutMs: 25_000 });
    return found();
  }
}

/** A deployment that moves from one cell to another, its jobs sent as the processes of both would send them. */
export class TwoCells {
  readonly departure = randomUUID();
  readonly arrival = randomUUID();
  readonly deployment = randomUUID();
  readonly environment = randomUUID();
  kind: TransferScope['kind'] = 'live';
  /** Of the deployment at the source. */
  readonly history = new SignedHistory();
  /** What the target's agent was told to hand over. */
  readonly received: { document: unknown; secrets: string }[];
  asked = 0;
  /** The first token has ended by the source's clock, though not by the target's. */
  clocksDiffer = false;

  private constructor(
    readonly source: Side,
    readonly target: Side,
    readonly proxy: CuttingProxy,
    readonly state: DesiredState,
  ) {
    this.received = target.cell.answerDone(receiveDocuments);
  }

  static async open(): Promise<TwoCells> {
    const [source, target] = [await Side.open('source'), await Side.open('target')];
    const app = greeterPackage({ database: true });
    const digest = await source.cell.publish(app);
    await target.cell.publish(app);
    const proxy = await CuttingProxy.open(() => source.agent.moves.port);
    const cells = new TwoCells(source, target, proxy, source.cell.state(digest));
    cells.#answer();
    return cells;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.target.close();
    await this.source.close();
  }

  get sourceFolder(): string {
    return this.source.backend.folderOf(this.state.environment);
  }

  get targetFolder(): string {
    return this.target.backend.folderOf(this.environment);
  }

  /** Where the target's agent keeps what it fetches. */
  /** What came with it from the source, for whoever it goes on to. */
  get earlierHistory(): string {
    return join(this.stagedFolder, '..', `history-${this.environment}.jsonl`);
  }

  get stagedFolder(): string {
    return join(this.target.cell.ground.folder, 'target', 'data', 'moves', this.arrival);
  }

  async run(): Promise<void> {
    await this.source.cell.desire(this.state);
    const { environment } = this.state;
    await eventually(() => this.source.cell.reported(environment).includes('observed 1 running'));
  }

  async stop(generation = 2): Promise<void> {
    await this.source.cell.desire({ ...this.state, generation, want: 'stopped' });
    this.kind = 'sealed';
  }

  copy(more: { maxBytes?: number } = {}) {
    return this.target.do(this.copying(more));
  }

  copying({ maxBytes = null, ...release }: { maxBytes?: number | null; digest?: string } = {}): Job {
    const limits = { maxRounds: 5, restBytes: 0, restShare: 0, maxBytes, maxFiles: null };
    const { amounts } = this.state;
    const of = { ...this.#release, ...release };
    return this.atTarget({ kind: 'copy-state', move: this.arrival, ...of, ...limits, amounts });
  }

  /** Where the source's agent keeps the bag. */
  get bagFolder(): string {
    return join(this.source.cell.ground.folder, 'source', 'data', 'moves', this.departure, 'bag');
  }

  capture(generation = 2, whole = false) {
    const { operator, deployment, environment } = this.state;
    const info = { 'Source-Organization': 'Source' };
    const of = { generation, recipient: RECIPIENT, info, whole, move: this.departure, ...this.#release };
    const job = { id: randomUUID(), operator, deployment, environment, epoch: 1 };
    return this.source.do({ ...job, work: { kind: 'capture-state', ...of } });
  }

  restoring(seal: { tagManifestSha256: string; payloadBytes: number; payloadFiles: number }): Job {
    const { amounts } = this.state;
    return this.atTarget({ kind: 'restore-state', move: this.arrival, ...this.#release, seal, amounts });
  }

  atTarget(work: Job['work']): Job {
    const { deployment, environment } = this;
    return { id: randomUUID(), operator: this.target.cell.operator, deployment, environment, epoch: 0, work };
  }

  get #release() {
    return { application: 'greeter', version: '1.0', digest: this.state.digest ?? '' };
  }

  #answer(): void {
    this.target.cell.answerSealed(transferSource, async ({ move }) => {
      if (move !== this.arrival) throw new Error('it asked for another move');
      this.asked += 1;
      const key = await readSigningKey(this.source.cell.keys.signingKeyFile('portability'));
      const { environment, deployment } = this.state;
      const expires = new Date(Date.now() + 600_000);
      const ends = this.clocksDiffer && this.asked === 1 ? new Date(Date.now() - 1_000) : expires;
      const token = await signTransferToken(key, {
        move: this.departure,
        environment,
        deployment,
        kind: this.kind,
        expires: ends,
      });
      const url = `http://127.0.0.1:${this.proxy.port}/v1/transfer/${this.departure}`;
      return { url, token, expires: expires.toISOString(), log: this.history.log };
    });
    const names = [{ purpose: 'web', name: nameOf(this.state.environment) }];
    const document = {
      ...{ format: 'freehold-deployment/v1', lineage: randomUUID(), epoch: 1, tenure: 'none', application: 'greeter' },
      ...{
        version: '1.0',
        packageDigest: this.state.digest,
        plan: 'small',
        names,
        settings: {},
        hasFirstAdministrator: true,
      },
    };
    this.source.cell.answerSealed(portableDocuments, () => ({
      ...{ deployment: document, identity: { kind: 'none' }, secrets: 'age armor' },
    }));
    this.source.cell.answerSealed(portableHistory, ({ after }) => this.history.page(after));
  }
}
