/**
 * A retirement: stops at once, keeps the data (of the host's room the disk only) until `eraseAt`, then erases. It goes forward only: whoever asked for
 * it wants it, so every undo says why there is none, and silence is borne for long.
 */
import { freePlace } from '@freehold/accounts-contract';
import { beginRetirement, freeTenure, recordRetired, shredSecrets } from '@freehold/deployment-contract';
import { Id, Instant } from '@freehold/kernel';
import { command, defineProcess, forwardOnly, nothingToUndo, skip } from '@freehold/process';
import { desireEnvironment, freeCapacity, giveUpNames, lowerCapacity } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { type Desired, environmentReaches } from './await-environment.js';

export const RetireInput = z.object({
  deployment: Id,
  lineage: Id,
  environment: Id,
  host: z.string(),
  names: z.array(z.string()),
  eraseAt: Instant,
});

const PATIENCE_MS = 7 * 24 * 3_600_000;
const FORWARD_ONLY = forwardOnly('a retirement goes forward only; a host that is away is waited for');

export const retireDeploymentProcess = defineProcess({
  context: 'deployment',
  kind: 'retire-deployment',
  definition: 2,
  input: RetireInput,
})
  .step('begin-retirement', {
    run: ({ operator, input: { deployment, eraseAt } }) =>
      command({ operation: beginRetirement, params: { operator }, body: { deployment, eraseAt } }),
    undo: nothingToUndo('what it refuses has not begun'),
  })
  .step('stop', {
    run: ({ operator, input: { environment }, outputs }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, ...outputs['begin-retirement'], want: 'stopped', configuration: null },
        until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: PATIENCE_MS }),
        timeoutMs: PATIENCE_MS,
      }),
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
  .step('erase', {
    notBefore: ({ input }) => input.eraseAt,
    run: ({ operator, input: { environment }, outputs }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, ...outputs['begin-retirement'], want: 'absent', configuration: null },
        until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: PATIENCE_MS }),
        timeoutMs: PATIENCE_MS,
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
  .step('give-up-names', {
    run: ({ operator, input: { deployment, names } }) =>
      names.length === 0
        ? skip('it has no name')
        : command({
            ...{ operation: giveUpNames, params: { operator }, body: { deployment, names } },
            timeoutMs: PATIENCE_MS,
          }),
    undo: FORWARD_ONLY,
  })
  .step('shred-secrets', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: shredSecrets, params: { operator }, body: { deployment }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  })
  .step('free-tenure', {
    run: ({ operator, input: { lineage, deployment } }) =>
      command({
        operation: freeTenure,
        params: { operator },
        body: { lineage, deployment },
        timeoutMs: PATIENCE_MS,
      }),
    undo: FORWARD_ONLY,
  })
  .step('record-retired', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: recordRetired, params: { operator }, body: { deployment }, timeoutMs: PATIENCE_MS }),
    undo: FORWARD_ONLY,
  });
