/**
 * The source's side of a move, from the seal on. Everything before is the grant's: nothing is changed by it.
 *
 *     begin ► ready ► look ► seal ► quiesce ► stop ► capture ► publish ► (target restores) ► leave ► hand over ► forward ► …
 *     └────────────── undone: it runs here again ──────────────────────────────────────────────┘    └─ undone only by the
 *                                                                                                      target’s signed return
 *     … ► (target opens) ► names ► tenure ► place ► processor and memory ► erase ► remove ► certify: forward only
 *
 * Before anything stops, the host is asked whether it is there. The point of no return is the handover. What was not
 * handed over is reopened by the undos, in the opposite order, and only then is it said so to the target: by the undo of
 * `look`, before the host is asked to erase what was captured, or, where it never came to that, by the undo of `begin`. So
 * no target waits for a host of the source that is silent. What fails once it is open at the target is stuck at that step: staff have it tried again. What fails before, with the tenure gone and
 * not given back, is stuck too, and staff continue.
 */
import { freePlace } from '@freehold/accounts-contract';
import {
  freeTenure,
  leaveDeployment,
  reopenDeployment,
  SealedBag,
  sealDeployment,
  shredSecrets,
  takeBackDeployment,
} from '@freehold/deployment-contract';
import { Id, Position } from '@freehold/kernel';
import {
  expectOpened,
  expectTenure,
  handOver,
  publishSeal,
  recordErased,
  requireReturn,
} from '@freehold/portability-contract';
import { command, defineProcess, forwardOnly, nothingToUndo } from '@freehold/process';
import { desireEnvironment, freeCapacity, lowerCapacity } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { type Desired, environmentReaches, targetOpens, tenureIsAsked } from './await-events.js';
import { capture, quiesceIfAny, stop } from './depart-capture.js';
import { delegateOurs, giveUpForeign, LeavingName, redirectElsewhere } from './depart-names.js';
import { erase, eraseIfReady, look, ready, sayReopened } from './depart-ready.js';

export const DepartInput = z.object({
  departure: Id,
  deployment: Id,
  environment: Id,
  lineage: Id,
  host: z.string(),
  epoch: z.int().positive(),
  release: z.object({ application: z.string(), version: z.string(), digest: z.string() }),
  names: z.array(LeavingName),
  to: z.object({ provider: z.string(), recipient: z.string() }),
  keptMs: z.int().nonnegative(),
  /** Its package has a hook for what is to be done before it stops. */
  quiesces: z.boolean(),
  position: Position,
});

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The seal's own deadline (departure) comes first. */
const PATIENCE_MS = 30 * DAY_MS;
const FORWARD_ONLY = forwardOnly('it is live at the target; this only goes forward');

/** Everything that this side can take back by itself. */
export const departUntilLeave = defineProcess({
  context: 'portability',
  kind: 'depart',
  definition: 2,
  input: DepartInput,
})
  .step('begin', { run: look, undo: sayReopened })
  .step('ready', { run: ready, undo: eraseIfReady })
  .step('look', { run: look, undo: sayReopened })
  .step('seal', {
    run: ({ operator, input: { deployment, departure } }) =>
      command({ operation: sealDeployment, params: { operator }, body: { deployment, departure } }),
    undo: ({ operator, input: { deployment, departure } }) =>
      command({
        operation: reopenDeployment,
        params: { operator },
        body: { deployment, departure },
        timeoutMs: PATIENCE_MS,
      }),
  })
  .step('quiesce', {
    run: quiesceIfAny,
    undo: nothingToUndo('it goes on running'),
  })
  .step('stop', {
    run: stop,
    undo: nothingToUndo('a deployment that is open again desires its environment running, under a later revision'),
  })
  .step('capture', {
    run: capture,
    undo: nothingToUndo('the undo of ready erases it, after everything that somebody waits for'),
  })
  .step('publish-seal', {
    run: ({ operator, input: { departure, position }, outputs: { seal, capture } }) =>
      command({
        operation: publishSeal,
        params: { operator },
        body: { departure, epoch: seal.epoch, position, ...SealedBag.parse(capture) },
      }),
    undo: nothingToUndo('the undo of look says that it was reopened'),
  })
  .step('await-tenure', {
    run: ({ operator, input: { departure } }) =>
      command({
        operation: expectTenure,
        params: { operator },
        body: { departure },
        until: () => tenureIsAsked({ operator, departure, timeoutMs: PATIENCE_MS }),
      }),
    undo: nothingToUndo('waiting changes nothing'),
  })
  .step('leave', {
    run: ({ operator, input: { deployment, departure, to } }) =>
      command({
        operation: leaveDeployment,
        params: { operator },
        body: { deployment, departure, to: to.provider },
        timeoutMs: 10 * MINUTE_MS,
      }),
    undo: ({ operator, input: { deployment, departure, epoch } }) =>
      command({
        operation: takeBackDeployment,
        params: { operator },
        body: { deployment, departure, epoch: epoch + 2 },
        timeoutMs: PATIENCE_MS,
      }),
  });

export const departProcess = departUntilLeave
  .step('hand-over', {
    pointOfNoReturn: true,
    run: ({ operator, input: { departure }, outputs: { leave } }) =>
      command({
        operation: handOver,
        params: { operator },
        body: { departure, epoch: leave.epoch, position: leave.position },
        timeoutMs: PATIENCE_MS,
      }),
    undo: ({ operator, input: { departure } }) =>
      command({ operation: requireReturn, params: { operator }, body: { departure }, timeoutMs: PATIENCE_MS }),
  })
  .step('forward', {
    mayContinue: true,
    run: ({ operator, input: { environment }, outputs: { seal, leave, 'hand-over': way } }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: {
          environment,
          epoch: seal.epoch,
          revision: leave.revision,
          want: 'stopped',
          configuration: seal.configuration,
          forward: { address: way.address, port: way.port },
        },
        timeoutMs: PATIENCE_MS,
        until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: PATIENCE_MS }),
      }),
    undo: nothingToUndo('a deployment that was taken back desires its environment again'),
  })
  .step('await-opened', {
    mayContinue: true,
    run: ({ operator, input: { departure } }) =>
      command({
        operation: expectOpened,
        params: { operator },
        body: { departure },
        timeoutMs: PATIENCE_MS,
        until: () => targetOpens({ operator, departure, timeoutMs: PATIENCE_MS }),
      }),
    undo: nothingToUndo('waiting changes nothing'),
  })
  .step('delegate-names', {
    run: (scope) => delegateOurs(scope, scope.outputs['hand-over']),
    undo: FORWARD_ONLY,
  })
  .step('free-tenure', {
    run: ({ operator, input: { lineage, deployment } }) =>
      command({ operation: freeTenure, params: { operator }, body: { lineage, deployment }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  })
  .step('free-place', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: freePlace, params: { operator }, body: { deployment }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  })
  .step('lower-capacity', {
    run: ({ operator, input: { environment, host } }) =>
      command({
        operation: lowerCapacity,
        params: { operator },
        body: { environment, rule: { kind: 'this-host', host } },
        timeoutMs: PATIENCE_MS,
      }),
    undo: FORWARD_ONLY,
  })
  .step('redirect-names', {
    run: redirectElsewhere,
    undo: FORWARD_ONLY,
  })
  .step('give-up-names', {
    run: giveUpForeign,
    undo: FORWARD_ONLY,
  })
  .step('erase', {
    notBefore: ({ startedAt, input: { keptMs } }) => new Date(Date.parse(startedAt) + keptMs).toISOString(),
    run: (scope) => erase(scope, { timeoutMs: PATIENCE_MS, history: true }),
    undo: FORWARD_ONLY,
  })
  .step('remove', {
    run: ({ operator, input: { environment }, outputs: { seal, leave } }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, epoch: seal.epoch, revision: leave.revision, want: 'absent', configuration: null },
        timeoutMs: PATIENCE_MS,
        until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: PATIENCE_MS }),
      }),
    undo: FORWARD_ONLY,
  })
  .step('free-capacity', {
    run: ({ operator, input: { environment, host } }) =>
      command({
        operation: freeCapacity,
        params: { operator },
        body: { environment, rule: { kind: 'this-host', host } },
        timeoutMs: PATIENCE_MS,
      }),
    undo: FORWARD_ONLY,
  })
  .step('shred-secrets', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: shredSecrets, params: { operator }, body: { deployment }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  })
  .step('certify', {
    run: ({ operator, input: { departure } }) =>
      command({ operation: recordErased, params: { operator }, body: { departure }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  });
