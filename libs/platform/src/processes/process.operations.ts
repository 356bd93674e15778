import { comparePositions, type ContextName, type Position, type ProcessOperations } from '@freehold/kernel';
import type { AggregateState, AggregateStore } from '@freehold/log';
import { processDefinition, type ProcessState, type ProcessTable } from '@freehold/process';
import { Controller, Inject, type Type } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { AGGREGATES } from '../context/context.module.js';
import { Views } from '../context/views.js';
import { Operation } from '../operations/operation.decorator.js';
import { commandOptions, type OperationRequest } from '../operations/operation-request.js';
import { answer, done, notFound } from '../operations/outcome.js';
import { type Resource, ResourceQueries } from '../resources/resource-queries.js';
import { aboutOf, processRecorded, type Started } from './process-recorded.js';
import { OPEN_RANKS, type ProcessRow, type processView, recordedOf } from './process.view.js';

/** How often a process that is followed is looked at: one direct read of its last commit. */
const LOOK_EVERY_MS = 200;

/** Injection token of {@link Activities}. */
export const ACTIVITIES = Symbol('what agents are doing');
/** What the agent of an environment is doing at this moment, in words; null: nothing, or nobody knows. */
export type Activities = (environment: string) => Promise<string | null>;

interface Found {
  table: ProcessTable;
  loaded: AggregateState<ProcessState> & { state: Started; position: Position };
}
type OfProcess = OperationRequest & { params: { operator: string; process: string } };

/** What a context's processes are shown by. */
export interface ProcessParts {
  context: ContextName;
  tables: readonly ProcessTable[];
  operations: ProcessOperations;
  view: ReturnType<typeof processView>;
}

/** Processes: shown, followed to their end, and helped when they are stuck. */
export function processController({ context, tables, operations, view }: ProcessParts): Type {
  const { processes, followProcess, workList, retryWork, undoWork } = operations;
  const nameOf = (kind: string, { operator, process }: OfProcess['params']) =>
    ({ context, operator, aggregate: kind, id: process }) as const;

  @Controller()
  class ProcessOperationsController {
    readonly resource: Resource<ProcessRow, ReturnType<typeof recordedOf>, { activity: string | null }>;

    constructor(
      @Inject(AGGREGATES) readonly aggregates: AggregateStore,
      @Inject(ResourceQueries) readonly resources: ResourceQueries,
      @Inject(Views) readonly views: Views,
      @Inject(ACTIVITIES) readonly activities: Activities,
    ) {
      this.resource = {
        ...view,
        recorded: (row, operator) => recordedOf(tables, row, operator),
        observed: ({ environment, state }) => this.observed(environment, state),
      };
    }

    @Operation(processes.get)
    async show(request: OperationRequest<typeof processes.get>) {
      const found = await this.find(request);
      if (found === null) return notFound();
      return this.resources.get(this.resource, nameOf(found.table.kind, request.params), request);
    }

    @Operation(processes.list)
    async list(request: OperationRequest<typeof processes.list>) {
      return this.resources.list(this.resource, { ...request.params, ...request.body }, request);
    }

    @Operation(processes.history)
    async history(request: OperationRequest<typeof processes.history>) {
      const found = await this.find(request);
      if (found === null) return notFound();
      return this.resources.history(nameOf(found.table.kind, request.params), request.body);
    }

    /** From the log alone. Whoever has seen everything up to `after` waits for what comes next. */
    @Operation(followProcess)
    async follow(request: OperationRequest<typeof followProcess>) {
      const { after, wait } = request.body;
      const until = Date.now() + wait * 1_000;
      for (;;) {
        const found = await this.find(request);
        if (found === null) return notFound();
        const { state, position } = found.loaded;
        const isNews = after === undefined || comparePositions(position, after) > 0 || state.status === 'ended';
        if (isNews || Date.now() >= until || request.signal.aborted) return this.followed(request, found);
        await pause(LOOK_EVERY_MS);
      }
    }

    @Operation(workList)
    async work({ body: { limit, cursor } }: OperationRequest<typeof workList>) {
      const page = await this.views.of(view.view).list({
        where: { rank: OPEN_RANKS },
        orderBy: { column: 'rank' },
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      return done({ items: page.items.map(({ row, operator }) => recordedOf(tables, row, operator)), next: page.next });
    }

    @Operation(retryWork)
    async retry(request: OperationRequest<typeof retryWork>) {
      return this.resume(request, 'retry');
    }

    @Operation(undoWork)
    async undo(request: OperationRequest<typeof undoWork>) {
      return this.resume(request, 'undo');
    }

    async followed({ params: { operator, process: id } }: OfProcess, { table, loaded }: Found) {
      const { state, position, version } = loaded;
      const about = aboutOf(state.input);
      const recorded = processRecorded(table, state, { id, operator, deployment: about?.deployment ?? null });
      const observed = await this.observed(about?.environment ?? null, state);
      return done({ recorded, observed, etag: version, position }, { position, etag: version });
    }

    async resume(request: OfProcess, action: 'retry' | 'undo') {
      const found = await this.find(request);
      if (found === null) return notFound();
      const result = await this.aggregates.execute({
        definition: processDefinition(found.table),
        name: nameOf(found.table.kind, request.params),
        command: { type: 'resume', action, at: new Date().toISOString() },
        ...commandOptions(request),
      });
      return answer(result, ({ position, version }) => ({ id: request.params.process, position, version }));
    }

    /** What an agent is doing for a process that goes on. */
    async observed(environment: string | null, state: ProcessState) {
      if (environment === null || state.status === 'ended') return null;
      return { activity: await this.activities(environment) };
    }

    /** Its id does not tell its kind. */
    async find({ params }: OfProcess): Promise<Found | null> {
      for (const table of tables) {
        const loaded = await this.aggregates.load(processDefinition(table), nameOf(table.kind, params));
        const { state, position } = loaded;
        if (state.status !== 'not-begun' && position !== null) return { table, loaded: { ...loaded, state, position } };
      }
      return null;
    }
  }
  return ProcessOperationsController;
}
