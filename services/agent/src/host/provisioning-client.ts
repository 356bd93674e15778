import type { BodyOf } from '@freehold/kernel';
import { sortedJson, derivedId, log, type OperationClient } from '@freehold/platform';
import {
  environmentConfiguration,
  joinHost,
  OpenConfiguration,
  reportObservation,
} from '@freehold/provisioning-contract';
import { reportJobOutcome } from '@freehold/deployment-contract';
import type { Principal } from '@freehold/kernel';
import { openSealed } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { GivenUp, NotAnswered } from '../reconciler/failures.js';

export type Report = BodyOf<typeof reportObservation>;
type Description = BodyOf<typeof joinHost>;
type JobReport = BodyOf<typeof reportJobOutcome>;

/** What an agent asks for and says, as commands and queries with its own principal. A repeat has the same id. */
export class ProvisioningClient {
  readonly #principal: Principal;
  /** Commands of this life: a host whose disk shrinks and grows again says the same twice, and means it. */
  readonly #life = randomUUID();

  constructor(
    private readonly client: OperationClient,
    private readonly host: string,
    private readonly identity: string,
  ) {
    this.#principal = { actor: { kind: 'agent', id: host }, role: 'agent', operator: '_', host };
  }

  /** @throws NotAnswered */
  async join(body: Description): Promise<void> {
    const commandId = derivedId(this.#life, sortedJson(body));
    const answered = await this.client.call(joinHost, { ...this.#call, body, commandId });
    if (answered.kind !== 'done') throw new NotAnswered('join-host', answered);
  }

  /**
   * What is secret or personal of a generation.
   * @throws NotAnswered, also when the generation has passed: a newer one is on its way · GivenUp when secrets are missing
   */
  async configuration(of: { operator: string; environment: string; generation: number }): Promise<OpenConfiguration> {
    const { operator, environment, generation } = of;
    const body = { operator, environment, generation };
    const answered = await this.client.call(environmentConfiguration, { ...this.#call, body });
    if (answered.kind === 'done') {
      return OpenConfiguration.parse(await openSealed(this.identity, answered.reply.sealed));
    }
    if (answered.kind === 'refused' && answered.findings.some(({ code }) => code === 'secrets-missing')) {
      throw new GivenUp(answered.findings);
    }
    throw new NotAnswered('environment-configuration', answered);
  }

  /** @param occasion tells two equal reports apart, where both count
   * @throws NotAnswered */
  async report(body: Report, occasion = ''): Promise<void> {
    const commandId = derivedId(body.environment, `${occasion}${sortedJson(body)}`);
    const answered = await this.client.call(reportObservation, { ...this.#call, body, commandId });
    if (answered.kind === 'failed') throw new NotAnswered('report-observation', answered);
    if (answered.kind === 'refused') {
      const codes = answered.findings.map(({ code }) => code);
      log().warn({ environment: body.environment, kind: body.kind, codes }, 'a report was refused');
    }
  }

  /** @throws NotAnswered */
  async jobOutcome(body: JobReport): Promise<void> {
    const commandId = derivedId(body.job.id, 'outcome');
    const answered = await this.client.call(reportJobOutcome, { ...this.#call, body, commandId });
    if (answered.kind === 'failed') throw new NotAnswered('report-job-outcome', answered);
    if (answered.kind === 'refused') {
      const codes = answered.findings.map(({ code }) => code);
      log().warn({ job: body.job.id, codes }, 'the outcome of a job was refused');
    }
  }

  get #call() {
    return { params: { host: this.host }, principal: this.#principal };
  }
}
