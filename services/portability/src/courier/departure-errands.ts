import { movable } from '@freehold/deployment-contract';
import { derivedId, log, OperationClient, processPrincipal, Unavailable } from '@freehold/platform';
import { type DepartureErrand, recordHomeAnswer, redirectHome } from '@freehold/portability-contract';
import type { BodyOf } from '@freehold/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { Departures } from '../departure/departures.js';
import { PeerRefused, readAnswer } from '../provider/peer-answer.js';
import { Provider } from '../provider/provider.js';
import { untilAnswered } from './until-answered.js';

/**
 * What a departure wants of the homes of its names. Each is asked again until it agrees, none waits for another: only staff
 * could end that.
 */
@Injectable()
export class DepartureErrands {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Departures) private readonly departures: Departures,
    @Inject(Provider) private readonly provider: Provider,
  ) {}

  async run(job: DepartureErrand, signal: AbortSignal): Promise<void> {
    const { operator, departure } = job;
    const found = await this.departures.load({ operator, departure });
    const { bound = null, way = null } = found?.state ?? {};
    if (found === null || bound === null || way === null)
      return log().error({ job: job.id }, 'an errand for a departure that has not left');
    const { deployment } = found.state.grant;
    const to = { to: bound.by.provider, ...way };
    const redirected = await Promise.all(
      job.task.names.map((name) =>
        untilAnswered(async () => {
          const text = await this.#nameOf(job, deployment, name.name);
          return this.#redirect(job, name, { name: text, ...to }, signal);
        }, signal),
      ),
    );
    signal.throwIfAborted();
    const answered = await this.client.call(recordHomeAnswer, {
      params: { operator },
      body: { departure, job: job.id, redirected: !redirected.includes(false) },
      principal: processPrincipal(operator, departure),
      commandId: derivedId(job.id, 'answer'),
    });
    if (answered.kind !== 'done') throw new Unavailable('portability');
  }

  /** The name itself is in no job and no log. */
  async #nameOf({ operator, departure }: DepartureErrand, deployment: string, of: string): Promise<string> {
    const principal = processPrincipal(operator, departure);
    const shown = await this.client.call(movable, { params: { operator }, body: { deployment }, principal });
    const name = shown.kind === 'done' ? shown.reply.names.find(({ id }) => id === of) : undefined;
    if (name === undefined) throw new Unavailable('the name of what has left');
    return name.name;
  }

  /** False: it leads nowhere else, because its home has taken it back. @throws PeerFailure, Unavailable */
  async #redirect(
    { id }: DepartureErrand,
    { name, home }: DepartureErrand['task']['names'][number],
    body: BodyOf<typeof redirectHome>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const client = await this.provider.client(home);
    const answer = await client.call('POST', '/v1/names/redirect', body, {
      idempotencyKey: derivedId(id, `redirect/${name}`),
      signal,
    });
    try {
      readAnswer(redirectHome.reply, answer, home);
      return true;
    } catch (error) {
      if (!(error instanceof PeerRefused)) throw error;
      if (error.findings.some(({ code }) => code === 'name-not-delegated')) return false;
      throw new Unavailable(`the home of the name, ${home},`, { cause: error });
    }
  }
}
