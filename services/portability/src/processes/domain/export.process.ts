/**
 * A copy to take home. The deployment is sealed while its state is copied, and open again before anybody fetches the bag,
 * which is independent of it from then on.
 *
 *     look ► ready ► seal ► quiesce ► stop ► capture ► reopen ► announce ► (7 days) ► erase ► record
 *     └──────────────── undone: it runs again, the bag is erased ────────────────────────────────┘
 *
 * The deployment itself refuses what cannot be at the same time: another copy, a departure, other settings. Undoing it
 * later than that (staff: `freehold work undo`) erases the bag before its time, and nothing else.
 */
import { CaptureResult, reopenDeployment, sealDeployment } from '@freehold/deployment-contract';
import { Id } from '@freehold/kernel';
import { announceExport, lookAtExport, recordExportErased, undoExport } from '@freehold/portability-contract';
import { command, defineProcess, job, nothingToUndo, skip } from '@freehold/process';
import { desireEnvironment } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { type Desired, environmentReaches } from './await-events.js';
import { eraseMove } from './erase-move.js';
import { environmentTries, exportJobEnds, unlessDown } from './export-awaits.js';

export const ExportInput = z.object({
  export: Id,
  deployment: Id,
  lineage: Id,
  environment: Id,
  host: z.string(),
  epoch: z.int().positive(),
  release: z.object({ application: z.string(), version: z.string(), digest: z.string() }),
  recipient: z.string(),
  /** Its package has a hook for what is to be done before it stops. */
  quiesces: z.boolean(),
});
type Input = z.infer<typeof ExportInput>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const PATIENCE_MS = 30 * DAY_MS;
/** Whichever it runs at: nothing has changed it since it was sealed. */
const ANY_GENERATION = 1;

/** Not called `export`: that is the aggregate's name in subjects. */
export const exportProcess = defineProcess({
  context: 'portability',
  kind: 'make-export',
  definition: 2,
  input: ExportInput,
})
  .step('look', {
    run: ({ operator, input }) =>
      command({ operation: lookAtExport, params: { operator }, body: { export: input.export } }),
    undo: ({ operator, input }) =>
      command({
        operation: undoExport,
        params: { operator },
        body: { export: input.export },
        timeoutMs: PATIENCE_MS,
      }),
  })
  .step('ready', {
    run: ({ operator, input }) => erase(operator, input, 10 * MINUTE_MS),
    undo: ({ operator, input }) => erase(operator, input, PATIENCE_MS),
  })
  .step('seal', {
    run: ({ operator, input: { deployment, export: id } }) =>
      command({ operation: sealDeployment, params: { operator }, body: { deployment, departure: id } }),
    undo: ({ operator, input }) => command({ ...reopen(operator, input), timeoutMs: PATIENCE_MS }),
  })
  .step('quiesce', {
    run: ({ operator, input }) =>
      input.quiesces ? quiesceJob(operator, input) : skip('its package has no hook for this'),
    undo: nothingToUndo('it goes on running'),
  })
  .step('stop', {
    run: ({ operator, input: { environment }, outputs: { seal } }) =>
      command({
        operation: desireEnvironment,
        params: { operator },
        body: { environment, ...seal, want: 'stopped' },
        until: ({ reply }: Desired) =>
          environmentReaches({ operator, environment, ...reply, timeoutMs: 10 * MINUTE_MS }),
      }),
    undo: nothingToUndo('a deployment that is open again desires its environment running, under a later revision'),
  })
  .step('capture', {
    run: ({ operator, input, outputs: { stop } }) =>
      job({
        host: input.host,
        deployment: input.deployment,
        job: { ...jobHead(operator, input), work: captureWork(input, stop.generation) },
        until: ({ commandId }) =>
          exportJobEnds({ job: commandId, operator, deployment: input.deployment, timeoutMs: DAY_MS }),
      }),
    undo: nothingToUndo('the undo of ready erases it'),
  })
  .step('reopen', {
    run: ({ operator, input, outputs: { stop } }) =>
      command({
        ...reopen(operator, input),
        until: () =>
          environmentTries({
            ...{ operator, environment: input.environment, generation: stop.generation + 1 },
            timeoutMs: 15 * MINUTE_MS,
          }),
      }),
    undo: nothingToUndo('it runs again'),
  })
  .step('announce', {
    run: ({ operator, input, outputs: { capture } }) => {
      const { report: _report, ...bag } = CaptureResult.parse(capture);
      return command({ operation: announceExport, params: { operator }, body: { export: input.export, ...bag } });
    },
    undo: nothingToUndo('the undo of look says that it has ended'),
  })
  .step('erase', {
    notBefore: ({ outputs: { announce } }) => announce.until,
    run: ({ operator, input }) => erase(operator, input, PATIENCE_MS),
    undo: nothingToUndo('the undo of ready erases as well'),
  })
  .step('record-erased', {
    run: ({ operator, input }) =>
      command({
        operation: recordExportErased,
        params: { operator },
        body: { export: input.export },
        timeoutMs: HOUR_MS,
      }),
    undo: nothingToUndo('the undo of look says that it has ended'),
  });

const reopen = (operator: string, { deployment, export: id }: Input) => ({
  operation: reopenDeployment,
  params: { operator },
  body: { deployment, departure: id },
  timeoutMs: HOUR_MS,
});

const jobHead = (operator: string, { deployment, environment, epoch }: Input) => ({
  ...{ operator, deployment, environment, epoch },
});

/** Asks it to put on disk what it holds in memory. */
function quiesceJob(operator: string, input: Input) {
  const { host, deployment } = input;
  const work = { kind: 'run-hook', hook: 'quiesce', generation: ANY_GENERATION };
  return job({
    ...{ host, deployment },
    job: { ...jobHead(operator, input), work },
    until: ({ commandId }) => unlessDown(exportJobEnds({ job: commandId, operator, deployment, timeoutMs: HOUR_MS })),
  });
}

const erase = (operator: string, { export: move, ...input }: Input, timeoutMs: number) =>
  eraseMove(operator, { ...input, move }, { ends: exportJobEnds, timeoutMs });

const captureWork = ({ export: move, release, recipient, lineage, epoch }: Input, generation: number) => ({
  ...{ kind: 'capture-state', move, ...release, generation, recipient, whole: true },
  info: {
    'Bag-Software-Agent': 'freehold',
    'External-Identifier': lineage,
    'External-Description': `${release.application} ${release.version}, taken home; see data/README.txt`,
    'Freehold-Tenure': `none (epoch ${epoch})`,
  },
});
