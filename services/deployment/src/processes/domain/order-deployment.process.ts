/**
 * An order: from what was asked to a live application with its first administrator.
 *
 * The checks came before (each step's command, asked of who decides it). Here each aggregate decides for good; a race
 * that was lost ends the process `refused`, everything undone. Nothing starts before the tenure is taken; the removal
 * of the environment is what stops it again.
 */
import { freePlace, reservePlace } from '@freehold/accounts-contract';
import { PolicyRule } from '@freehold/catalog-contract';
import {
  bindResources,
  claimTenure,
  createDeployment,
  freeTenure,
  type Job,
  NamedPurpose,
  prepareSecrets,
  recordLive,
  shredSecrets,
  takeTenure,
  undoOrder,
} from '@freehold/deployment-contract';
import { Id } from '@freehold/kernel';
import { command, defineProcess, job, nothingToUndo } from '@freehold/process';
import {
  Amounts,
  attachNames,
  claimNames,
  desireEnvironment,
  freeCapacity,
  giveUpNames,
  requestEnvironment,
  reserveCapacity,
} from '@freehold/provisioning-contract';
import { z } from 'zod';
import { type Desired, environmentReaches } from './await-environment.js';
import { jobEnds } from './await-job.js';

export const OrderInput = z.object({
  deployment: Id,
  lineage: Id,
  environment: Id,
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  plan: z.string(),
  rule: PolicyRule,
  amounts: Amounts,
  /** The first is the one under which it is opened. */
  names: z.array(NamedPurpose).min(1),
  settings: z.record(z.string(), z.json()),
  secretSettings: z.array(z.string()),
});
export type OrderInput = z.infer<typeof OrderInput>;

/** An order makes its lineage, so its tenure is the first. */
const FIRST_EPOCH = 1;
const INSTALL_TIMEOUT_MS = 30 * 60_000;
const START_TIMEOUT_MS = 10 * 60_000;
const HOOK_TIMEOUT_MS = 5 * 60_000;
const REMOVE_TIMEOUT_MS = 10 * 60_000;

export const orderDeploymentProcess = defineProcess({
  context: 'deployment',
  kind: 'order-deployment',
  definition: 2,
  input: OrderInput,
})
  .step('reserve-place', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: reservePlace, params: { operator }, body: { deployment } }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: freePlace, params: { operator }, body: { deployment } }),
  })
  .step('claim-names', {
    run: ({ operator, input: { deployment, names } }) =>
      command({
        operation: claimNames,
        params: { operator },
        body: {
          deployment,
          names: names.map(({ id, purpose, name }) => ({ name: id, purpose, enciphered: name })),
        },
      }),
    undo: ({ operator, input: { deployment, names } }) =>
      command({ operation: giveUpNames, params: { operator }, body: { deployment, names: idsOf(names) } }),
  })
  .step('reserve-capacity', {
    run: ({ operator, input: { environment, rule, amounts } }) =>
      command({ operation: reserveCapacity, params: { operator }, body: { environment, rule, amounts } }),
    undo: ({ operator, input: { environment, rule } }) =>
      command({ operation: freeCapacity, params: { operator }, body: { environment, rule } }),
  })
  .step('create-deployment', {
    run: ({ operator, input: { rule: _rule, amounts: _amounts, ...order } }) =>
      command({ operation: createDeployment, params: { operator }, body: order }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: undoOrder, params: { operator }, body: { deployment } }),
  })
  .step('claim-tenure', {
    run: ({ operator, input: { lineage, deployment } }) =>
      command({ operation: claimTenure, params: { operator }, body: { lineage, deployment } }),
    undo: ({ operator, input: { lineage, deployment } }) =>
      command({ operation: freeTenure, params: { operator }, body: { lineage, deployment } }),
  })
  .step('prepare-secrets', {
    run: ({ operator, input: { deployment } }) =>
      command({ operation: prepareSecrets, params: { operator }, body: { deployment } }),
    undo: ({ operator, input: { deployment } }) =>
      command({ operation: shredSecrets, params: { operator }, body: { deployment } }),
  })
  .step('request-environment', {
    run: ({ operator, input: { environment, deployment, amounts }, outputs }) =>
      command({
        operation: requestEnvironment,
        params: { operator },
        body: { environment, deployment, amounts, host: outputs['reserve-capacity'].host },
      }),
    undo: ({ operator, input: { environment } }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, revision: 0, epoch: FIRST_EPOCH, want: 'absent', configuration: null },
        until: ({ reply }: Desired) =>
          environmentReaches({ operator, environment, ...reply, timeoutMs: REMOVE_TIMEOUT_MS }),
      }),
  })
  .step('attach-names', {
    run: ({ operator, input: { deployment, names, environment } }) =>
      command({
        operation: attachNames,
        params: { operator },
        body: { deployment, names: idsOf(names), environment },
      }),
    undo: nothingToUndo('giving the names up, the undo of claim-names, detaches them'),
  })
  .step('install-release', {
    run: ({ operator, input, outputs, commandId }) =>
      job({
        host: outputs['reserve-capacity'].host,
        deployment: input.deployment,
        job: jobOf(commandId, operator, input, {
          kind: 'prepare-release',
          application: input.application,
          version: input.version,
          digest: input.digest,
        }),
        until: () => jobEnds({ job: commandId, operator, deployment: input.deployment, timeoutMs: INSTALL_TIMEOUT_MS }),
      }),
    undo: nothingToUndo('a release stays on the host for the next order of it'),
  })
  .step('bind-resources', {
    run: ({ operator, input: { deployment }, outputs }) =>
      command({
        operation: bindResources,
        params: { operator },
        body: { deployment, host: outputs['reserve-capacity'].host },
      }),
    undo: nothingToUndo('undo-order, the undo of create-deployment, ends the deployment'),
  })
  .step('take-tenure', {
    run: ({ operator, input: { deployment } }) =>
      command({
        operation: takeTenure,
        params: { operator },
        body: { deployment, epoch: FIRST_EPOCH, handover: null },
      }),
    undo: nothingToUndo('undo-order ends the deployment and its tenure with it; free-tenure frees the lineage'),
  })
  .step('start', {
    run: ({ operator, input, outputs }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: {
          environment: input.environment,
          revision: outputs['take-tenure'].revision,
          epoch: FIRST_EPOCH,
          want: 'running',
          configuration: {
            application: input.application,
            version: input.version,
            digest: input.digest,
            settings: input.settings,
            secretSettings: input.secretSettings,
            secrets: outputs['prepare-secrets'].names,
            names: input.names.map(({ purpose, name }) => ({ purpose, name })),
          },
        },
        until: ({ reply }: Desired) =>
          environmentReaches({ operator, environment: input.environment, ...reply, timeoutMs: START_TIMEOUT_MS }),
      }),
    undo: nothingToUndo('removing the environment, the undo of request-environment, stops its units'),
  })
  .step('go-live', {
    run: ({ operator, input: { deployment }, outputs: { start } }) =>
      command({ operation: recordLive, params: { operator }, body: { deployment, ...start } }),
    undo: nothingToUndo('undo-order ends the deployment'),
  })
  .step('make-first-administrator', {
    run: ({ operator, input, outputs, commandId }) =>
      job({
        host: outputs['reserve-capacity'].host,
        deployment: input.deployment,
        job: jobOf(commandId, operator, input, {
          kind: 'run-hook',
          hook: 'first-admin',
          generation: outputs.start.generation,
        }),
        until: () => jobEnds({ job: commandId, operator, deployment: input.deployment, timeoutMs: HOOK_TIMEOUT_MS }),
      }),
    undo: nothingToUndo('the account goes with the environment'),
  });

const idsOf = (names: OrderInput['names']) => names.map(({ id }) => id);

type Work = Extract<Job['work'], { kind: 'prepare-release' | 'run-hook' }>;

const jobOf = (id: string, operator: string, input: OrderInput, work: Work) => ({
  id,
  operator,
  deployment: input.deployment,
  environment: input.environment,
  epoch: FIRST_EPOCH,
  work,
});
