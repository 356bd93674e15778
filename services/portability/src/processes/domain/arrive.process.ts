/**
 * The target's side of a move. Until the tenure is asked for, everything is undone by a failure and the source reopens;
 * from then on the source decides, and says which of the two it is.
 *
 *     place · names · capacity · deployment · lineage · environment · release ► copy ► seal ► restore ► start closed ► after-restore
 *        ► compare ► ask for the tenure ► take it ► open ► live
 *
 * Closed: no way in and no way out, so that what may yet be abandoned says nothing to the world. If it was handed over
 * and cannot be opened, it is stopped, and then the undo of asking gives it back: never both run. What was reached by its
 * names before it failed is not given back: it is stuck, and staff continue with opening. What is completed is live: the
 * undo of completing refuses, before anything is touched.
 */
import { freePlace, reservePlace } from '@freehold/accounts-contract';
import { PolicyRule } from '@freehold/catalog-contract';
import {
  arrivingConfiguration,
  bindResources,
  claimTenure,
  createDeployment,
  freeTenure,
  recordLive,
  SealedBag,
  shredSecrets,
  takeTenure,
  undoOrder,
} from '@freehold/deployment-contract';
import { Id } from '@freehold/kernel';
import { abandonArrival, beginArrival, completeArrival, signed } from '@freehold/portability-contract';
import { command, defineProcess, forwardOnly, nothingToUndo } from '@freehold/process';
import {
  Amounts,
  desireEnvironment,
  freeCapacity,
  requestEnvironment,
  reserveCapacity,
} from '@freehold/provisioning-contract';
import { z } from 'zod';
import { afterRestoreIfDue, compareWithSource, startIfItCloses } from './arrive-closed.js';
import { agentJob, courierJob, releaseOf } from './arrive-jobs.js';
import { ArrivingName, attachUnlessHome, claimUnlessHome, giveUpUnlessHome, reclaimIfHome } from './arrive-names.js';
import { type Desired, environmentReaches, environmentRests } from './await-events.js';

export const ArriveInput = z.object({
  arrival: Id,
  deployment: Id,
  lineage: Id,
  environment: Id,
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  plan: z.string(),
  rule: PolicyRule,
  amounts: Amounts,
  names: z.array(ArrivingName).min(1),
  /** The tenure's, once it is here. */
  epoch: z.int().positive(),
  /** The host can start it with no way in and no way out. */
  closes: z.boolean(),
});
export type ArriveInput = z.infer<typeof ArriveInput>;

const Sealed = z.object({ seal: signed('seal') });
const HandedOver = z.object({ handover: signed('handover') });

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PATIENCE_MS = 30 * DAY_MS;
/** Handed over and not open: so long nobody is served, before the tenure goes back. */
const NOBODY_SERVES_MS = 15 * MINUTE_MS;
const FORWARD_ONLY = forwardOnly('it is live here; this only goes forward');

/** Everything that is taken back when it fails. */
export const arriveUntilOpen = defineProcess({
  context: 'portability',
  kind: 'arrive',
  definition: 2,
  input: ArriveInput,
})
  .step('begin', {
    run: ({ operator, input: { arrival } }) =>
      command({ operation: beginArrival, params: { operator }, body: { arrival } }),
    undo: ({ operator, input: { arrival } }) =>
      command({ operation: abandonArrival, params: { operator }, body: { arrival } }),
  })
  .step('reserve-place', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: reservePlace, params: { operator }, body: { deployment } }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: freePlace, params: { operator }, body: { deployment } }),
  })
  .step('claim-names', {
    run: claimUnlessHome,
    undo: giveUpUnlessHome,
  })
  .step('reserve-capacity', {
    run: ({ operator, input: { environment, rule, amounts } }) =>
      command({ operation: reserveCapacity, params: { operator }, body: { environment, rule, amounts } }),
    undo: ({ operator, input: { environment, rule } }) =>
      command({ operation: freeCapacity, params: { operator }, body: { environment, rule } }),
  })
  .step('create-deployment', {
    run: ({ operator, input: { deployment, lineage, environment, application, version, digest, plan, names } }) =>
      command({
        operation: createDeployment,
        params: { operator },
        body: {
          ...{ deployment, lineage, environment, application, version, digest, plan },
          ...{ names: names.map(({ via: _via, ...name }) => name), settings: {}, secretSettings: [] },
        },
      }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: undoOrder, params: { operator }, body: { deployment } }),
  })
  .step('claim-tenure', {
    run: ({ operator, input: { lineage, deployment } }) =>
      command({ operation: claimTenure, params: { operator }, body: { lineage, deployment } }),
    undo: ({ operator, input: { lineage, deployment } }) =>
      command({ operation: freeTenure, params: { operator }, body: { lineage, deployment } }),
  })
  .step('request-environment', {
    run: ({ operator, input: { environment, deployment, amounts }, outputs }) =>
      command({
        operation: requestEnvironment,
        params: { operator },
        body: { environment, deployment, amounts, host: outputs['reserve-capacity'].host },
      }),
    undo: ({ operator, input: { environment, epoch } }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, revision: 0, epoch, want: 'absent', configuration: null },
        until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: DAY_MS }),
      }),
  })
  .step('attach-names', {
    run: attachUnlessHome,
    undo: nothingToUndo('giving the names up, the undo of claim-names, detaches them'),
  })
  .step('install-release', {
    run: ({ operator, input, outputs }) =>
      agentJob(
        { operator, input, host: outputs['reserve-capacity'].host },
        { kind: 'prepare-release', ...releaseOf(input) },
      ),
    undo: nothingToUndo('a release stays on the host for the next order of it'),
  })
  .step('bind-resources', {
    run: ({ operator, input: { deployment }, outputs }) =>
      command({
        operation: bindResources,
        params: { operator },
        body: { deployment, host: outputs['reserve-capacity'].host },
      }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: shredSecrets, params: { operator }, body: { deployment } }),
  })
  .step('copy', {
    run: ({ operator, input, outputs }) =>
      agentJob(
        { operator, input, host: outputs['reserve-capacity'].host },
        {
          ...{ kind: 'copy-state', move: input.arrival, ...releaseOf(input), amounts: input.amounts },
          maxBytes: input.amounts.diskBytes,
        },
      ),
    undo: ({ operator, input, outputs }) =>
      agentJob(
        { operator, input, host: outputs['reserve-capacity'].host },
        { kind: 'erase-move', move: input.arrival, history: true },
      ),
  })
  .step('seal', {
    run: ({ operator, input: { arrival } }) => courierJob({ operator, arrival, task: { kind: 'seal' } }),
    undo: ({ operator, input: { arrival } }) => courierJob({ operator, arrival, task: { kind: 'abandon' } }),
  })
  .step('restore', {
    run: ({ operator, input, outputs }) =>
      agentJob(
        { operator, input, host: outputs['reserve-capacity'].host },
        {
          ...{ kind: 'restore-state', move: input.arrival, ...releaseOf(input), amounts: input.amounts },
          seal: SealedBag.parse(Sealed.parse(outputs.seal).seal.payload),
        },
      ),
    undo: nothingToUndo('removing the environment, the undo of request-environment, removes what was restored'),
  })
  .step('describe', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: arrivingConfiguration, params: { operator }, body: { deployment } }),
    undo: nothingToUndo('it only asks'),
  })
  .step('start-closed', {
    run: startIfItCloses,
    undo: nothingToUndo('removing the environment stops its units'),
  })
  .step('after-restore', {
    run: afterRestoreIfDue,
    undo: nothingToUndo('removing the environment removes what it did'),
  })
  .step('compare', {
    run: compareWithSource,
    undo: nothingToUndo('comparing changes nothing'),
  })
  .step('ask-tenure', {
    run: ({ operator, input: { arrival }, outputs }) =>
      courierJob({
        ...{ operator, arrival },
        task: { kind: 'tenure', host: outputs['reserve-capacity'].host },
      }),
    undo: ({ operator, input: { arrival } }) => courierJob({ operator, arrival, task: { kind: 'give-back' } }),
  })
  .step('take-tenure', {
    run: ({ operator, input: { deployment, epoch }, outputs }) =>
      command({
        operation: takeTenure,
        params: { operator },
        body: { deployment, epoch, handover: HandedOver.parse(outputs['ask-tenure']).handover },
        timeoutMs: NOBODY_SERVES_MS,
      }),
    undo: nothingToUndo('undo-order ends the deployment; the tenure is given back by the undo of ask-tenure'),
  })
  .step('open', {
    pointOfNoReturn: true,
    mayContinue: true,
    run: ({ operator, attempt, input: { environment, epoch }, outputs }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: {
          ...{ environment, epoch, want: 'running' },
          ...orderOf(attempt, 'do', outputs['take-tenure']),
          configuration: outputs.describe.configuration,
        },
        timeoutMs: NOBODY_SERVES_MS,
        until: ({ reply }: Desired) =>
          environmentReaches({ operator, environment, ...reply, timeoutMs: NOBODY_SERVES_MS }),
      }),
    undo: ({ operator, processId, attempt, input: { environment, epoch }, outputs }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: {
          ...{ environment, epoch, want: 'stopped' },
          ...orderOf(attempt, 'undo', outputs['take-tenure']),
          configuration: outputs.describe.configuration,
        },
        timeoutMs: PATIENCE_MS,
        until: ({ reply }: Desired) =>
          environmentRests({ operator, environment, processId, ...reply, timeoutMs: DAY_MS }),
      }),
  });

/** Opening follows from the tenure that was taken; stopping it, and opening once more, each come after what was before. */
function orderOf(attempt: number, direction: 'do' | 'undo', { revision }: { revision: number }) {
  if (direction === 'do' && attempt === 1) return { revision };
  return { revision: revision + 1, turn: 2 * (attempt - 1) - (direction === 'do' ? 1 : 0) };
}

export const arriveProcess = arriveUntilOpen
  .step('complete', {
    run: ({ operator, input: { arrival } }) =>
      command({ operation: completeArrival, params: { operator }, body: { arrival }, timeoutMs: PATIENCE_MS }),
    undo: ({ operator, input: { arrival } }) =>
      command({ operation: abandonArrival, params: { operator }, body: { arrival } }),
  })
  .step('go-live', {
    run: ({ operator, input: { deployment }, outputs: { open } }) =>
      command({
        operation: recordLive,
        params: { operator },
        body: { deployment, ...open },
        timeoutMs: PATIENCE_MS,
      }),
    undo: FORWARD_ONLY,
  })
  .step('lead-names', {
    run: reclaimIfHome,
    undo: FORWARD_ONLY,
  })
  .step('tell-opened', {
    run: ({ operator, input: { arrival } }) => courierJob({ operator, arrival, task: { kind: 'opened' } }),
    undo: FORWARD_ONLY,
  })
  .step('clear-up', {
    run: ({ operator, input, outputs }) =>
      agentJob(
        { operator, input, host: outputs['reserve-capacity'].host },
        { kind: 'erase-move', move: input.arrival },
      ),
    undo: FORWARD_ONLY,
  });
