import { z } from 'zod';
import { Finding } from './finding.js';
import { Id, Instant, Position } from './ids.js';
import { Changed, operation, OperatorParams } from './operation.js';
import { resource } from './resource.js';
import type { ContextName } from './subject.js';

export const ProcessStep = z.object({
  name: z.string(),
  state: z.enum(['waiting', 'running', 'awaiting', 'done', 'failed', 'undoing', 'undone']),
  attempt: z.number(),
  /** Both of the attempt that is shown: of the undo, once that has begun. */
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** It waits, and does not begin before this. */
  notBefore: Instant.nullable().default(null),
  /** Why there was nothing to do, or (`undone`) nothing to take back. */
  skipped: z.string().nullable().default(null),
});
/** What staff can ask of it now: `retry` what is stuck, `continue` with what failed, `undo` all of it. */
export const ProcessAction = z.enum(['retry', 'continue', 'undo']);
export type ProcessAction = z.infer<typeof ProcessAction>;
export const ProcessRecorded = z.object({
  id: Id,
  operator: Id,
  kind: z.string(),
  deployment: Id.nullable(),
  status: z.enum(['running', 'undoing', 'completed', 'refused', 'failed', 'stuck']),
  steps: z.array(ProcessStep),
  /** Of the end, of what is stuck, or of what made the undos run. */
  findings: z.array(Finding),
  /** While it is undone or stuck: the step that failed first, and why; `step` null: staff asked for the undos. */
  failure: z.object({ step: z.string().nullable(), findings: z.array(Finding) }).nullable(),
  /** While it is stuck: at which step, and whether at the step itself or at its undo. */
  stuck: z.object({ step: z.string(), direction: z.enum(['do', 'undo']) }).nullable(),
  actions: z.array(ProcessAction),
  startedAt: Instant,
  endedAt: Instant.nullable(),
});
export type ProcessRecorded = z.infer<typeof ProcessRecorded>;
/** `activity`: what an agent is doing for it at this moment. */
export const ProcessObserved = z.object({ activity: z.string().nullable() });

/** Where the processes of a context are on HTTP. */
interface ProcessPaths {
  /** `processes`: each at `/v1/operators/{operator}/<collection>/{process}`. */
  collection: string;
  /** What is under way or stuck, of all operators. */
  work: `/v1/${string}`;
}

const shown = { scope: 'operator', permission: 'deployment:read' } as const;
const params = OperatorParams.extend({ process: Id });
type Collection = `/v1/operators/{operator}/${string}`;

/** What every context with processes answers about them: shown, followed, listed for staff, helped when stuck. */
export const processOperations = <Context extends ContextName>(context: Context, paths: ProcessPaths) => {
  const collection: Collection = `/v1/operators/{operator}/${paths.collection}`;
  return {
    processes: processResource(context, collection),
    followProcess: followOperation(context, collection),
    workList: workOperation(context, paths.work),
    unfinishedWork: unfinishedOperation(context),
    retryWork: helpOperation(context, collection, {
      name: 'retry',
      summary: 'Tries what is stuck once more: the undo that failed, or the step that only goes forward.',
      refusals: ['process-not-stuck'],
    }),
    continueWork: helpOperation(context, collection, {
      name: 'continue',
      summary: 'Tries the step that failed once more in place of undoing it, and goes on from there.',
      refusals: ['process-not-stuck', 'process-cannot-continue'],
    }),
    undoWork: helpOperation(context, collection, {
      name: 'undo',
      summary: 'Gives a process up and undoes what it did.',
      refusals: ['process-stuck', 'process-not-running', 'process-past-return'],
    }),
  };
};
export type ProcessOperations = ReturnType<typeof processOperations>;

const processResource = (context: ContextName, collection: Collection) =>
  resource({
    context,
    name: 'process',
    title: 'a process',
    collection: { path: collection, params: OperatorParams, ...shown },
    item: { path: `${collection}/{process}`, params, ...shown },
    history: 'history:read',
    recorded: ProcessRecorded,
    observed: ProcessObserved,
  });

/** Reads the process from the log, not from a table: it answers without PostgreSQL, and waits for the next change. */
const followOperation = (context: ContextName, collection: Collection) =>
  operation({
    id: `${context}.follow-process`,
    kind: 'query',
    http: { method: 'GET', path: `${collection}/{process}/progress` },
    summary: 'How far a process is; waits up to `wait` seconds for a change after `after`.',
    ...shown,
    params,
    body: z.object({ after: Position.optional(), wait: z.coerce.number().int().min(0).max(20).default(0) }),
    reply: z.object({
      recorded: ProcessRecorded,
      observed: ProcessObserved.nullable(),
      etag: z.number(),
      position: Position,
    }),
    refusals: [],
    since: '0.1.0',
  });

/** What is under way or stuck, of all operators: for staff. */
const workOperation = (context: ContextName, path: `/v1/${string}`) =>
  operation({
    id: `${context}.work-list`,
    kind: 'query',
    http: { method: 'GET', path },
    summary: 'Processes that have not ended, the stuck ones first.',
    permission: 'work:read',
    scope: 'cell',
    params: z.object({}),
    body: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().optional() }),
    reply: z.object({ items: z.array(ProcessRecorded), next: z.string().nullable() }),
    refusals: [],
    since: '0.1.0',
  });

/** Asked by other contexts before something of an operator ends for good: as long as there is any, data of it are kept. */
const unfinishedOperation = (context: ContextName) =>
  operation({
    id: `${context}.unfinished-work`,
    kind: 'query',
    summary: 'Which processes of an operator have not ended.',
    permission: 'process:act',
    scope: 'operator',
    params: OperatorParams,
    body: z.object({ after: Position }),
    reply: z.object({ unfinished: z.array(z.object({ process: Id, kind: z.string() })).max(20) }),
    refusals: [],
    since: '0.2.0',
  });

const helpOperation = (
  context: ContextName,
  collection: Collection,
  { name, summary, refusals }: { name: ProcessAction; summary: string; refusals: string[] },
) =>
  operation({
    id: `${context}.${name}-work`,
    kind: 'command',
    http: { method: 'POST', path: `${collection}/{process}/${name}` },
    summary,
    permission: 'work:change',
    scope: 'operator',
    params,
    body: z.strictObject({}),
    reply: Changed,
    refusals,
    since: '0.1.0',
  });
