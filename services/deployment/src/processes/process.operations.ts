import { followProcess, processes, retryWork, undoWork, workList } from '@freehold/deployment-contract';
import { comparePositions, type Position } from '@freehold/kernel';
import type { AggregateState, AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  done,
  notFound,
  Operation,
  type OperationRequest,
  ResourceQueries,
  Views,
} from '@freehold/platform';
import { processDefinition, type ProcessState, type ProcessTable } from '@freehold/process';
import { Controller, Inject } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { processName } from '../aggregates.js';
import { Observations } from '../observations.js';
import { aboutOf, processRecorded, type Started } from './domain/process-recorded.js';
import { PROCESS_TABLES } from './process-tables.js';
import { activityOf, OPEN_RANKS, processResource, processView, recordedOf } from './views/process.view.js';

/** How often a process that is followed is looked at: one direct read of its last commit. */
const LOOK_EVERY_MS = 200;

interface Found {
  table: ProcessTable;
  loaded: AggregateState<ProcessState> & { state: Started; position: Position };
}
type OfProcess = OperationRequest & { params: { operator: string; process: string } };

/** Processes: shown, followed to their end, and helped when they are stuck. */
@Controller()
export class ProcessOperations {
  readonly #resource: ReturnType<typeof processResource>;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(Views) private readonly views: Views,
    @Inject(Observations) private readonly observations: Observations,
  ) {
    this.#resource = processResource(observations);
  }

  @Operation(processes.get)
  async show(request: OperationRequest<typeof processes.get>) {
    const { operator, process } = request.params;
    const found = await this.#find(request);
    if (found === null) return notFound();
    return this.resources.get(this.#resource, processName(found.table.kind, operator, process), request);
  }

  @Operation(processes.list)
  async list(request: OperationRequest<typeof processes.list>) {
    return this.resources.list(this.#resource, { ...request.params, ...request.body }, request);
  }

  @Operation(processes.history)
  async history(request: OperationRequest<typeof processes.history>) {
    const { operator, process } = request.params;
    const found = await this.#find(request);
    if (found === null) return notFound();
    return this.resources.history(processName(found.table.kind, operator, process), request.body);
  }

  /** From the log alone. Whoever has seen everything up to `after` waits for what comes next. */
  @Operation(followProcess)
  async follow(request: OperationRequest<typeof followProcess>) {
    const { after, wait } = request.body;
    const until = Date.now() + wait * 1_000;
    for (;;) {
      const found = await this.#find(request);
      if (found === null) return notFound();
      const { state, position } = found.loaded;
      const isNews = after === undefined || comparePositions(position, after) > 0 || state.status === 'ended';
      if (isNews || Date.now() >= until || request.signal.aborted) return this.#followed(request, found);
      await pause(LOOK_EVERY_MS);
    }
  }

  async #followed({ params: { operator, process: id } }: OfProcess, { table, loaded }: Found) {
    const { state, position, version } = loaded;
    const about = aboutOf(state.input);
    const recorded = processRecorded(table, state, { id, operator, deployment: about?.deployment ?? null });
    const observed = await activityOf(this.observations, about?.environment ?? null, state);
    return done({ recorded, observed, etag: version, position }, { position, etag: version });
  }

  @Operation(workList)
  async work({ body: { limit, cursor } }: OperationRequest<typeof workList>) {
    const page = await this.views.of(processView).list({
      where: { rank: OPEN_RANKS },
      orderBy: { column: 'rank' },
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return done({ items: page.items.map(({ row, operator }) => recordedOf(row, operator)), next: page.next });
  }

  @Operation(retryWork)
  async retry(request: OperationRequest<typeof retryWork>) {
    return this.#resume(request, 'retry');
  }

  @Operation(undoWork)
  async undo(request: OperationRequest<typeof undoWork>) {
    return this.#resume(request, 'undo');
  }

  async #resume(request: OfProcess, action: 'retry' | 'undo') {
    const { operator, process: id } = request.params;
    const found = await this.#find(request);
    if (found === null) return notFound();
    const result = await this.aggregates.execute({
      definition: processDefinition(found.table),
      name: processName(found.table.kind, operator, id),
      command: { type: 'resume', action, at: new Date().toISOString() },
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }) => ({ id, position, version }));
  }

  /** Its id does not tell its kind. */
  async #find({ params: { operator, process } }: OfProcess): Promise<Found | null> {
    for (const table of PROCESS_TABLES) {
      const loaded = await this.aggregates.load(processDefinition(table), processName(table.kind, operator, process));
      const { state, position } = loaded;
      if (state.status !== 'not-begun' && position !== null) return { table, loaded: { ...loaded, state, position } };
    }
    return null;
  }
}
