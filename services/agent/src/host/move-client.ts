import {
  PortableDocuments,
  portableDocuments,
  PortableHistory,
  portableHistory,
  receiveDocuments,
} from '@freehold/deployment-contract';
import type { BodyOf, Operation, Principal } from '@freehold/kernel';
import { type OperationClient, derivedId } from '@freehold/platform';
import { ArrivalSource, transferSource } from '@freehold/portability-contract';
import { openSealed } from '@freehold/vault';
import { GivenUp, NotAnswered } from '../reconciler/failures.js';

/** What an agent asks for and says in a move, with its own principal. Answers are encrypted to the host's key. */
export class MoveClient {
  readonly #principal: Principal;

  constructor(
    private readonly client: OperationClient,
    private readonly host: string,
    private readonly identity: string,
  ) {
    this.#principal = { actor: { kind: 'agent', id: host }, role: 'agent', operator: '_', host };
  }

  /** @throws NotAnswered · GivenUp when the move has ended or is unknown */
  async transferSource(body: BodyOf<typeof transferSource>): Promise<ArrivalSource> {
    const answered = await this.client.call(transferSource, { ...this.#call, body });
    return ArrivalSource.parse(await this.#opened(transferSource, answered));
  }

  /** @throws NotAnswered · GivenUp when there is nothing to give */
  async documents(body: BodyOf<typeof portableDocuments>): Promise<PortableDocuments> {
    const answered = await this.client.call(portableDocuments, { ...this.#call, body });
    return PortableDocuments.parse(await this.#opened(portableDocuments, answered));
  }

  /** One page. @throws NotAnswered · GivenUp when there is nothing to give */
  async history(body: BodyOf<typeof portableHistory>): Promise<PortableHistory> {
    const answered = await this.client.call(portableHistory, { ...this.#call, body });
    return PortableHistory.parse(await this.#opened(portableHistory, answered));
  }

  /** Hands over what a bag says of the deployment. @throws NotAnswered · GivenUp when it is refused */
  async receive(job: string, body: BodyOf<typeof receiveDocuments>): Promise<void> {
    const commandId = derivedId(job, 'documents');
    const answered = await this.client.call(receiveDocuments, { ...this.#call, body, commandId });
    if (answered.kind === 'refused') throw new GivenUp(answered.findings);
    if (answered.kind === 'failed') throw new NotAnswered('receive-documents', answered);
  }

  async #opened(of: Operation, answered: Awaited<ReturnType<OperationClient['call']>>): Promise<unknown> {
    if (answered.kind === 'refused') throw new GivenUp(answered.findings);
    if (answered.kind === 'failed') throw new NotAnswered(of.id, answered);
    const { sealed } = answered.reply as { sealed: string }; // as both operations' replies are
    return openSealed(this.identity, sealed);
  }

  get #call() {
    return { params: { host: this.host }, principal: this.#principal };
  }
}
