import { ensurePackagesBucket, packageStore } from '@freehold/application-package';
import { type Job, reportJobOutcome } from '@freehold/deployment-contract';
import { type BodyOf, type Operation, type OperationReply, operationSubject } from '@freehold/kernel';
import { ensureOps, type Signer } from '@freehold/platform';
import { writeSignerKeys } from '@freehold/platform/testing';
import {
  type DesiredState,
  environmentConfiguration,
  joinHost,
  type OpenConfiguration,
  reportObservation,
} from '@freehold/provisioning-contract';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import { type Json, sealFor } from '@freehold/vault';
import { jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

export const HOST = 'first';
const SIGNERS: Signer[] = [`agent.${HOST}`, 'deployment', 'gateway', 'portability'];

interface Told<Body> {
  readonly commandId: string;
  readonly body: Body;
}

/**
 * The rest of a cell as an agent meets it: buckets, stream, and who answers its operations, on real NATS. It writes down
 * what it is told; `silent` lets it hear without answering.
 */
export class TestCell {
  readonly joins: Told<BodyOf<typeof joinHost>>[] = [];
  readonly reports: Told<BodyOf<typeof reportObservation>>[] = [];
  readonly outcomes: Told<BodyOf<typeof reportJobOutcome>>[] = [];
  readonly configurations = new Map<string, OpenConfiguration>();
  readonly operator = randomUUID();
  readonly silent = new Set<string>();
  refuse: { readonly code: string } | undefined;
  /** By id of the operation: the code with which it is refused, of those that are answered encrypted. */
  readonly refusals = new Map<string, string>();

  private constructor(
    readonly ground: ClaimedGround,
    readonly connection: NatsConnection,
    readonly desired: KV,
    readonly ops: KV,
    readonly keys: ReturnType<typeof writeSignerKeys>,
  ) {}

  static async open(): Promise<TestCell> {
    const ground = await claimGround();
    const connection = await ground.connect();
    const desired = await new Kvm(connection).create('DESIRED');
    const ops = await ensureOps(connection);
    await ensurePackagesBucket(connection);
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'JOBS', subjects: ['job.>'], retention: RetentionPolicy.Workqueue });
    const keys = writeSignerKeys(join(ground.folder, 'keys'), SIGNERS);
    const cell = new TestCell(ground, connection, desired, ops, keys);
    cell.#answer();
    return cell;
  }

  async publish(archived: { bytes: Uint8Array; digest: string }): Promise<string> {
    await (await packageStore(this.connection)).put(archived);
    return archived.digest;
  }

  /** The environment of an agent that is booted as a service. */
  variables(folders: { agentFolder: string; agentDataFolder: string }): Record<string, string> {
    return {
      FREEHOLD_NATS_URL: this.ground.natsUrl,
      FREEHOLD_NATS_SEED_FILE: this.ground.seedFile('admin'),
      FREEHOLD_SIGNING_KEY_FILE: this.keys.signingKeyFile(`agent.${HOST}`),
      FREEHOLD_SIGNER_KEYS_FILE: this.keys.signerKeysFile,
      FREEHOLD_LOG_LEVEL: 'warn',
      FREEHOLD_AGENT_HOST: HOST,
      FREEHOLD_AGENT_FOLDER: folders.agentFolder,
      FREEHOLD_AGENT_DATA_FOLDER: folders.agentDataFolder,
      FREEHOLD_AGENT_UNIT_PORTS: '22500-22999',
      FREEHOLD_ROUTER_ADDRESS: '127.0.0.1',
      FREEHOLD_ROUTER_PORT: '0',
    };
  }

  /** Puts a generation of desired state, with what the agent may then ask for. */
  async desire(state: DesiredState, open?: Partial<OpenConfiguration> & { settings?: Record<string, string> }) {
    const { application, version, digest, environment } = state;
    const { settings = {}, ...rest } = open ?? {};
    const named = { application: application ?? '', version: version ?? '', digest: digest ?? '' };
    const configuration = { ...named, settings, secretSettings: [], secrets: [] };
    const names = { web: nameOf(environment) };
    this.configurations.set(environment, { configuration, names, secrets: { 'session-key': 'key' }, ...rest });
    await this.desired.put(`${HOST}.${environment}`, JSON.stringify(state));
  }

  /** Answers an operation of agents; `open` is encrypted to the agent's host. */
  answerSealed<Asked extends Operation>(operation: Asked, open: (body: BodyOf<Asked>) => Json | Promise<Json>): void {
    this.#on(operationSubject(operation), async ({ body }: Told<BodyOf<Asked>>) => {
      const recipient = this.joins[0]?.body.recipient;
      if (recipient === undefined) return { kind: 'failed', reason: 'unavailable', detail: '' };
      const opened = await open(body);
      const code = this.refusals.get(operation.id);
      return code === undefined ? done({ sealed: await sealFor(recipient, opened) }) : refused(code);
    });
  }

  /** Answers a command of agents with nothing; what it was told comes out. */
  answerDone<Asked extends Operation>(operation: Asked): BodyOf<Asked>[] {
    const told: BodyOf<Asked>[] = [];
    this.#on(operationSubject(operation), ({ body }: Told<BodyOf<Asked>>) => {
      told.push(body);
      return done({});
    });
    return told;
  }

  async sendJob(job: Job): Promise<void> {
    await jetstream(this.connection).publish(`job.${HOST}.${job.deployment}`, JSON.stringify(job));
  }

  state(digest: string, changes: Partial<DesiredState> = {}): DesiredState {
    return {
      operator: this.operator,
      environment: randomUUID(),
      deployment: randomUUID(),
      generation: 1,
      epoch: 1,
      want: 'running',
      ...{ application: 'greeter', version: '1.0', digest },
      amounts: { memoryBytes: 2 ** 26, cpuMillis: 100, diskBytes: 2 ** 27 },
      ...changes,
    };
  }

  /** What was reported of an environment, in short. */
  reported(environment: string): string[] {
    return this.reports
      .filter(({ body }) => body.environment === environment)
      .map(({ body }) => {
        if (body.kind === 'observed') return `observed ${body.generation} ${body.state}`;
        if (body.kind === 'failed') return `failed ${body.generation} ${body.findings.map(({ code }) => code).join()}`;
        return `repaired ${body.unit} ${body.what}`;
      });
  }

  async release(): Promise<void> {
    await this.ground.release();
  }

  #answer(): void {
    this.#on(operationSubject(joinHost), (told: Told<BodyOf<typeof joinHost>>) => {
      this.joins.push(told);
      return done({ id: HOST, position: '1:1', version: 1 });
    });
    this.#on(operationSubject(reportObservation), (told: Told<BodyOf<typeof reportObservation>>) => {
      if (!this.reports.some(({ commandId }) => commandId === told.commandId)) this.reports.push(told);
      return done({});
    });
    this.#on(operationSubject(reportJobOutcome), (told: Told<BodyOf<typeof reportJobOutcome>>) => {
      this.outcomes.push(told);
      if (this.refuse === undefined) return done({});
      return refused(this.refuse.code);
    });
    this.#on(
      operationSubject(environmentConfiguration),
      async ({ body }: Told<BodyOf<typeof environmentConfiguration>>) => {
        const recipient = this.joins[0]?.body.recipient;
        const open = this.configurations.get(body.environment);
        if (recipient === undefined || open === undefined) return { kind: 'failed', reason: 'unavailable', detail: '' };
        return done({ sealed: await sealFor(recipient, open) });
      },
    );
  }

  #on<Body>(subject: string, answer: (told: Told<Body>) => OperationReply | Promise<OperationReply>): void {
    const respond = async (message: Msg) => {
      const reply = await answer(message.json<Told<Body>>());
      if (!this.silent.has(subject)) message.respond(JSON.stringify(reply));
    };
    this.connection.subscribe(subject, { callback: (_error, message) => void respond(message) });
  }
}

export const nameOf = (environment: string): string => `n${environment.slice(0, 8)}.freehold.test`;

const refused = (code: string): OperationReply => ({
  kind: 'refused',
  reason: 'invalid',
  findings: [{ pointer: '', code, detail: 'No.', hint: 'None.' }],
});

const done = (reply: Extract<OperationReply, { kind: 'done' }>['reply']): OperationReply => ({
  kind: 'done',
  reply,
  position: null,
  etag: null,
  location: null,
});
