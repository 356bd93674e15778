import { proveCommits } from '@freehold/audit-contract';
import { PortableHistory, portableHistory } from '@freehold/deployment-contract';
import { historyLine } from '@freehold/evidence';
import type { AggregateName, BodyOf, Position, Principal } from '@freehold/kernel';
import { type AggregateStore, type Log, rawHistoryOf } from '@freehold/log';
import {
  AGGREGATES,
  done,
  LOG,
  log as logger,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
} from '@freehold/platform';
import { hostAddress } from '@freehold/provisioning-contract';
import { sealFor } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';

const PAGE = 100;
/** Of lines: a page, which is encrypted and in base64 again, stays below the server's 1 MiB. */
const PAGE_BYTES = 256 * 1024;
/** A bag is made in somebody's downtime: a proof that takes longer is left out. */
const PROOF_MS = 2_000;

type After = BodyOf<typeof portableHistory>['after'];

/** What happened to a deployment, for the agent that makes its bag: the bytes of the log, and that the provider signed them. */
@Controller()
export class PortableHistoryOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(LOG) private readonly log: Log,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {}

  @Operation(portableHistory)
  async give(request: OperationRequest<typeof portableHistory>) {
    const { operator, deployment, after } = request.body;
    const { host } = request.params;
    const name = deploymentName(operator, deployment);
    const { state } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    if (!('order' in state) || state.prepared.host !== host) return notFound();
    const principal = processPrincipal(operator, deployment);
    const machine = await this.client.call(hostAddress, { params: { operator }, body: { host }, principal });
    if (machine.kind !== 'done') return machine;
    const { lines, positions, next } = await this.#page(name, after?.from ?? null);
    const proven = await this.#prove(positions, after, principal);
    if (proven.kind !== 'done') return proven;
    const { size, checkpoint, commits } = proven.reply;
    const page: PortableHistory = {
      ...{ lines, proofs: commits, checkpoint },
      next: next === null ? null : { from: next, size },
    };
    return done({ sealed: await sealFor(machine.reply.recipient, page) });
  }

  /** Newest first. */
  async #page(name: AggregateName, from: Position | null) {
    const lines: string[] = [];
    const positions: Position[] = [];
    let bytes = 0;
    for await (const commit of rawHistoryOf(this.log, name, from)) {
      if (lines.length === PAGE || bytes > PAGE_BYTES) return { lines, positions, next: commit.position };
      const line = historyLine(commit);
      bytes += line.length;
      lines.push(line);
      positions.push(commit.position);
    }
    return { lines, positions, next: null };
  }

  /** The first page decides whether the bag has a proof: without the audit it is made all the same. */
  async #prove(positions: Position[], after: After, principal: Principal) {
    if (after?.size === null || positions.length === 0) return NOTHING_PROVEN;
    const body = { positions, ...(after === null ? {} : { size: after.size }) };
    const proven = await this.client.call(proveCommits, { params: {}, body, principal, timeoutMs: PROOF_MS });
    if (proven.kind === 'done' || after !== null) return proven;
    logger().warn({ proven }, 'a bag gets no history.proof: the audit did not answer with one');
    return NOTHING_PROVEN;
  }
}

const NOTHING_PROVEN = done({ size: null, checkpoint: null, commits: [] });
