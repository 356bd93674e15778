import { type Job, reportJobOutcome } from '@freehold/deployment-contract';
import { CELL, type Finding, type Principal } from '@freehold/kernel';
import { OperationClient, readSigningKey, signPrincipal } from '@freehold/platform';
import {
  DesiredState,
  environmentConfiguration,
  joinHost,
  OpenConfiguration,
  reportObservation,
} from '@freehold/provisioning-contract';
import { createIdentityFile, type Identity, openSealed } from '@freehold/vault';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

export const HOST = 'this-host';

interface Wishes {
  /** What becomes of a job; nothing: it ends well. */
  jobFails?: (job: Job) => readonly Finding[] | undefined;
}

/**
 * An agent without a machine: it reads its keys of DESIRED, asks for what is secret, says that everything holds, and
 * says of every job that it is done. Only what crosses NATS is like a real one.
 */
export class SimulatedAgent {
  readonly desired: DesiredState[] = [];
  readonly configurations: OpenConfiguration[] = [];
  readonly jobs: Job[] = [];
  readonly #working: Promise<unknown>[] = [];
  readonly #ended: (() => unknown)[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private readonly client: OperationClient,
    private readonly identity: Identity,
    private readonly wishes: Wishes,
  ) {}

  static async start(
    connection: NatsConnection,
    options: { folder: string; signingKeyFile: string; wishes?: Wishes },
  ): Promise<SimulatedAgent> {
    const key = await readSigningKey(options.signingKeyFile);
    const sign = (principal: Principal) => signPrincipal(key, `agent.${HOST}`, principal);
    const identity = await createIdentityFile(join(options.folder, 'host.key'));
    const client = new OperationClient({ connection, sign });
    const agent = new SimulatedAgent(connection, client, identity, options.wishes ?? {});
    await agent.#join();
    await agent.#watchDesired();
    await agent.#takeJobs();
    return agent;
  }

  async stop(): Promise<void> {
    for (const end of this.#ended) await end();
    await Promise.allSettled(this.#working);
  }

  readonly #as = {
    params: { host: HOST },
    principal: { actor: { kind: 'agent', id: HOST }, role: 'agent', operator: CELL, host: HOST },
  } as const;

  async #join(): Promise<void> {
    const gibibyte = 2 ** 30;
    const answered = await this.client.call(joinHost, {
      ...this.#as,
      body: {
        recipient: this.identity.recipient,
        address: '127.0.0.2',
        port: 8080,
        backends: ['process'],
        capacity: { memoryBytes: gibibyte, cpuMillis: 4_000, diskBytes: 20 * gibibyte },
      },
      commandId: randomUUID(),
    });
    if (answered.kind !== 'done') throw new Error(JSON.stringify(answered));
  }

  async #watchDesired(): Promise<void> {
    const bucket = await new Kvm(this.connection).open('DESIRED', { bindOnly: true });
    const watch = await bucket.watch({ key: `${HOST}.*` });
    this.#ended.push(() => watch.stop());
    const work = async () => {
      for await (const entry of watch) {
        if (entry.operation === 'PUT') await this.#makeTrue(DesiredState.parse(entry.json()));
      }
    };
    this.#working.push(work());
  }

  async #makeTrue(state: DesiredState): Promise<void> {
    this.desired.push(state);
    const { operator, environment, generation, want } = state;
    if (want === 'running') {
      const body = { operator, environment, generation };
      const answered = await this.client.call(environmentConfiguration, { ...this.#as, body });
      if (answered.kind !== 'done') return;
      this.configurations.push(
        OpenConfiguration.parse(await openSealed(this.identity.identity, answered.reply.sealed)),
      );
    }
    const observed = { kind: 'observed', operator, environment, generation, state: want, identity: null } as const;
    await this.client.call(reportObservation, { ...this.#as, body: observed, commandId: randomUUID() });
  }

  async #takeJobs(): Promise<void> {
    const manager = await jetstreamManager(this.connection);
    const filter = { filter_subject: `job.${HOST}.>`, ack_policy: AckPolicy.Explicit };
    await manager.consumers.add('JOBS', { durable_name: HOST, ...filter });
    const messages = await (await jetstream(this.connection).consumers.get('JOBS', HOST)).consume();
    this.#ended.push(() => messages.close());
    const work = async () => {
      for await (const message of messages) {
        const job = message.json<Job>();
        this.jobs.push(job);
        const findings = this.wishes.jobFails?.(job);
        const outcome = findings === undefined ? ({ kind: 'succeeded' } as const) : failedWith(findings);
        await this.client.call(reportJobOutcome, { ...this.#as, body: { job, outcome }, commandId: randomUUID() });
        message.ack();
      }
    };
    this.#working.push(work());
  }
}

const failedWith = (findings: readonly Finding[]) => ({ kind: 'failed' as const, findings: [...findings] });
