import {
  type AggregateName,
  comparePositions,
  type ContextName,
  type Position,
  type ProcessAction,
  type ProcessOperations,
} from '@freehold/kernel';
import type { AggregateState, AggregateStore } from '@freehold/log';
import { processDefinition, type ProcessState, type ProcessTable } from '@freehold/process';
import { Controller, Inject, type Type } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { AGGREGATES } from '../context/context.module.js';
import { Views } from '../context/views.js';
import { Operation } from '../operations/operation.decorator.js';
import { commandOptions, type OperationRequest } from '../operations/operation-request.js';
import { answer, done, notFound } from '../operations/outcome.js';
import type { Resource } from '../resources/resource.js';
import { ResourceQueries } from '../resources/resource-queries.js';
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
  name: AggregateName;
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

interface Deps {
  aggregates: AggregateStore;
  resources: ResourceQueries;
  views: Views;
  activities: Activities;
}
type Follow = OfProcess & { body: { after?: Position | undefined; wait: number } };

/** Processes: shown, and followed to their end. */
export function processController(parts: ProcessParts): Type {
  const { processes, followProcess, workList } = parts.operations;

  @Controller()
  class ProcessOperationsController {
    readonly answers: ProcessAnswers;

    constructor(
      @Inject(AGGREGATES) aggregates: AggregateStore,
      @Inject(ResourceQueries) resources: ResourceQueries,
      @Inject(Views) views: Views,
      @Inject(ACTIVITIES) activities: Activities,
    ) {
      this.answers = new ProcessAnswers(parts, { aggregates, resources, views, activities });
    }

    @Operation(processes.get)
    async show(request: OperationRequest<typeof processes.get>) {
      return this.answers.show(request);
    }
    @Operation(processes.list)
    async list(request: OperationRequest<typeof processes.list>) {
      return this.answers.list(request);
    }
    @Operation(processes.history)
    async history(request: OperationRequest<typeof processes.history>) {
      return this.answers.history(request);
    }
    @Operation(processes.changes)
    async changes(request: OperationRequest<typeof processes.changes>) {
      return this.answers.changes(request);
    }
    @Operation(followProcess)
    async follow(request: OperationRequest<typeof followProcess>) {
      return this.answers.follow(request);
    }
    @Operation(workList)
    async work(request: OperationRequest<typeof workList>) {
      return this.answers.work(request.body);
    }
  }
  return ProcessOperationsController;
}

/** Processes that are stuck, helped by staff. */
export function processHelpController(parts: Omit<ProcessParts, 'view'>): Type {
  const { retryWork, continueWork, undoWork } = parts.operations;

  @Controller()
  class ProcessHelpController {
    readonly found: FoundProcesses;

    constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {
      this.found = new FoundProcesses(parts, aggregates);
    }

    @Operation(retryWork)
    async retry(request: OperationRequest<typeof retryWork>) {
      return this.resume(request, 'retry');
    }
    @Operation(continueWork)
    async goOn(request: OperationRequest<typeof continueWork>) {
      return this.resume(request, 'continue');
    }
    @Operation(undoWork)
    async undo(request: OperationRequest<typeof undoWork>) {
      return this.resume(request, 'undo');
    }

    async resume(request: OfProcess, action: ProcessAction) {
      const found = await this.found.find(request);
      if (found === null) return notFound();
      const result = await this.aggregates.execute({
        definition: processDefinition(found.table),
        name: found.name,
        command: { type: 'resume', action, at: new Date().toISOString() },
        ...commandOptions(request),
      });
      return answer(result, ({ position, version }) => ({ id: request.params.process, position, version }));
    }
  }
  return ProcessHelpController;
}

class ProcessAnswers {
  readonly #found: FoundProcesses;
  readonly #resource: Resource<ProcessRow, ReturnType<typeof recordedOf>, { activity: string | null }>;

  constructor(
    private readonly parts: ProcessParts,
    private readonly deps: Deps,
  ) {
    this.#found = new FoundProcesses(parts, deps.aggregates);
    this.#resource = {
      ...parts.view,
      recorded: (row, operator) => recordedOf(parts.tables, row, operator),
      observed: ({ environment, state }) => this.#observed(environment, state),
    };
  }

  async show(request: OperationRequest<ProcessOperations['processes']['get']>) {
    const found = await this.#found.find(request);
    if (found === null) return notFound();
    return this.deps.resources.get(this.#resource, found.name, request);
  }

  async list(request: OperationRequest<ProcessOperations['processes']['list']>) {
    return this.deps.resources.list(this.#resource, { ...request.params, ...request.body }, request);
  }

  async history(request: OperationRequest<ProcessOperations['processes']['history']>) {
    const found = await this.#found.find(request);
    if (found === null) return notFound();
    return this.deps.resources.history(found.name, request.body);
  }

  async changes(request: OperationRequest<ProcessOperations['processes']['changes']>) {
    const found = await this.#found.find(request);
    if (found === null) return notFound();
    return this.deps.resources.changes(this.#resource, found.name, request.body);
  }

  /** From the log alone. Whoever has seen everything up to `after` waits for what comes next. */
  async follow(request: Follow) {
    const { after, wait } = request.body;
    const until = Date.now() + wait * 1_000;
    for (;;) {
      const found = await this.#found.find(request);
      if (found === null) return notFound();
      const { state, position } = found.loaded;
      const isNews = after === undefined || comparePositions(position, after) > 0 || state.status === 'ended';
      if (isNews || Date.now() >= until || request.signal.aborted) return this.#followed(request, found);
      await pause(LOOK_EVERY_MS);
    }
  }

  async work({ limit, cursor }: { limit: number; cursor?: string | undefined }) {
    const { views } = this.deps;
    const page = await views.of(this.parts.view.view).list({
      where: { rank: OPEN_RANKS },
      orderBy: { column: 'rank' },
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const items = page.items.map(({ row, operator }) => recordedOf(this.parts.tables, row, operator));
    return done({ items, next: page.next });
  }

  async #followed({ params: { operator, process: id } }: OfProcess, { table, loaded }: Found) {
    const { state, position, version } = loaded;
    const about = aboutOf(state.input);
    const recorded = processRecorded(table, state, { id, operator, deployment: about?.deployment ?? null });
    const observed = await this.#observed(about?.environment ?? null, state);
    return done({ recorded, observed, etag: version, position }, { position, etag: version });
  }

  /** What an agent is doing for a process that goes on. */
  async #observed(environment: string | null, state: ProcessState) {
    if (environment === null || state.status === 'ended') return null;
    return { activity: await this.deps.activities(environment) };
  }
}

/** A process by its id, which does not tell its kind. */
class FoundProcesses {
  constructor(
    private readonly parts: Omit<ProcessParts, 'view'>,
    private readonly aggregates: AggregateStore,
  ) {}

  async find({ params: { operator, process } }: OfProcess): Promise<Found | null> {
    for (const table of this.parts.tables) {
      const name: AggregateName = { context: this.parts.context, operator, aggregate: table.kind, id: process };
      const loaded = await this.aggregates.load(processDefinition(table), name);
      const { state, position } = loaded;
      if (state.status !== 'not-begun' && position !== null)
        return { table, name, loaded: { ...loaded, state, position } };
    }
    return null;
  }
}
