/** The tasks of the courier for an arrival: what is asked of the source, and which of its answers is the end of it. */
import type { Finding } from '@freehold/kernel';
import { derivedId, type OperationClient, processPrincipal, Unavailable } from '@freehold/platform';
import { type ArrivalErrand, type DepartureStanding, signReturn } from '@freehold/portability-contract';
import { hostAddress } from '@freehold/provisioning-contract';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import type { Accepted } from '../arrival/domain/arrival.js';
import { type Source, SourceBrokeItsWord } from '../arrival/source.js';
import { PeerRefused } from '../provider/peer-answer.js';

export type Answer = z.infer<ReturnType<typeof z.json>>;

export interface ErrandParts {
  readonly job: ArrivalErrand;
  readonly accepted: Accepted;
  readonly source: Source;
  readonly client: OperationClient;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 150;
const OVER: readonly DepartureStanding['status'][] = ['reopening', 'reopened', 'returned', 'erased'];

/** @throws PeerFailure, Unavailable: again · PeerRefused, SourceBrokeItsWord: the end */
export function runErrand(parts: ErrandParts): Promise<Answer> {
  switch (parts.job.task.kind) {
    case 'seal':
      return seal(parts);
    case 'abandon':
      return abandon(parts);
    case 'tenure':
      return askTenure(parts, parts.job.task.host);
    case 'give-back':
      return giveBack(parts);
    case 'opened':
      return change(parts, '/opened', {}).then(() => null);
  }
}

async function seal(parts: ErrandParts): Promise<Answer> {
  await change(parts, '/seal', {});
  const { seal: given } = await standingWith(parts, (standing) => standing.seal !== null, OVER);
  if (given === null) throw new PeerRefused([sourceReopened]);
  await parts.source.verify(parts.accepted, 'seal', given);
  return { seal: given };
}

async function askTenure(parts: ErrandParts, host: string): Promise<Answer> {
  const { operator, arrival } = parts.job;
  const principal = processPrincipal(operator, arrival);
  const found = await parts.client.call(hostAddress, { params: { operator }, body: { host }, principal });
  if (found.kind !== 'done') throw new Unavailable('provisioning');
  const { address, port } = found.reply;
  await change(parts, '/tenure', { address, port });
  const { handover } = await standingWith(parts, (standing) => standing.handover !== null, OVER);
  if (handover === null) throw new PeerRefused([sourceReopened]);
  await parts.source.verify(parts.accepted, 'handover', handover);
  return { handover };
}

/** Undo of the seal: what was asked for is not wanted any more. What the source has ended is at its end. */
async function abandon(parts: ErrandParts): Promise<Answer> {
  const { status } = await parts.source.standing(parts.accepted, parts.signal);
  if (!OVER.includes(status)) await change(parts, '/abandon', {});
  const { reopened } = await standingWith(parts, ({ status: now }) => OVER.includes(now) && now !== 'reopening', []);
  if (reopened !== null) await parts.source.verify(parts.accepted, 'reopened', reopened);
  return { reopened };
}

/** Undo of asking for the tenure: the source says which it is; what it handed over already is given back. */
async function giveBack(parts: ErrandParts): Promise<Answer> {
  const standing = await standingWith(parts, ({ status }) => status !== 'leaving', []);
  if (standing.status !== 'handed-over' || standing.handover === null) {
    try {
      return await abandon(parts);
    } catch (error) {
      // Asked for by an errand that was still on its way: now the source decides, and says which it is.
      if (error instanceof PeerRefused && error.findings.some(({ code }) => code === 'tenure-already-asked'))
        return giveBack(parts);
      throw error;
    }
  }
  const { job, client } = parts;
  const { operator, arrival } = job;
  const signed = await client.call(signReturn, {
    params: { operator },
    body: { arrival, handover: standing.handover },
    principal: processPrincipal(operator, arrival),
    commandId: derivedId(job.id, 'return'),
  });
  if (signed.kind === 'failed') throw new Unavailable('portability');
  if (signed.kind === 'refused') throw new SourceBrokeItsWord(signed.findings);
  await change(parts, '/return', { return: signed.reply.return });
  return { return: signed.reply.return };
}

const change = ({ source, accepted, job, signal }: ErrandParts, path: string, body: unknown) =>
  source.change(accepted, path, body, { idempotencyKey: derivedId(job.id, path), signal });

/** Looks until it is as wanted, or one of `ends`. A source that holds its answer until there is one is asked again at once. */
async function standingWith(
  { source, accepted, signal }: ErrandParts,
  isWanted: (standing: DepartureStanding) => boolean,
  ends: readonly DepartureStanding['status'][],
): Promise<DepartureStanding> {
  for (;;) {
    const askedAt = performance.now();
    const standing = await source.standing(accepted, signal);
    if (isWanted(standing) || ends.includes(standing.status)) return standing;
    const heldMs = performance.now() - askedAt;
    if (heldMs < LOOK_EVERY_MS) await pause(LOOK_EVERY_MS - heldMs, undefined, { signal });
  }
}

const sourceReopened: Finding = {
  pointer: '',
  code: 'source-reopened',
  detail: 'The source has opened it again: it runs there.',
  hint: 'See why in the history of the departure there; take it again with a new grant.',
};
