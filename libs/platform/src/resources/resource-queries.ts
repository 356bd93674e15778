import type { AggregateName, Moments, Position } from '@freehold/kernel';
import { type AggregateStore, type Log, operatorOf, type RawCommit } from '@freehold/log';
import { foldOne, replayAll, type ViewRow, type ViewState } from '@freehold/projection';
import type { Vault } from '@freehold/vault';
import type { Views } from '../context/views.js';
import type { OperationClient } from '../operations/operation.client.js';
import type { OperationRequest } from '../operations/operation-request.js';
import { type Done, done, notFound, type Refused } from '../operations/outcome.js';
import { allCommits, historyEntry } from './aggregate-commits.js';
import { changesBetween, type Difference, type Own } from './changes.js';
import { positionAt } from './position-at.js';
import { recordedIn, type Represented, type Resource } from './resource.js';

/** Where a list begins, and whose it is; null operator: the whole cell. */
interface ListRequest {
  operator: string | null;
  limit: number;
  cursor?: string | undefined;
  where?: Record<string, string>;
}

interface Parts {
  views: Views;
  log: Log;
  aggregates: AggregateStore;
  vault: Vault;
  client: OperationClient;
}

type Moment = Pick<OperationRequest, 'after' | 'at'>;
const BEGINNING: Position = '1:0';

/** Shows, lists and tells the history of resources; now from the read models, at a past moment from the log alone. */
export class ResourceQueries {
  constructor(private readonly parts: Parts) {}

  /** The resource now, or as it was. A foreign operator's is not found. */
  async get<Row extends ViewRow, Recorded, Observed>(
    resource: Resource<Row, Recorded, Observed>,
    name: AggregateName,
    moment: Moment,
  ): Promise<Done<Represented<Recorded, Observed>> | Refused> {
    const { views, aggregates } = this.parts;
    if (moment.at !== null) {
      const to = await positionAt(this.parts.client, moment.at);
      const commits = await allCommits(aggregates, name);
      const state = foldOne(resource.projection, commits, to);
      return state === null ? notFound() : this.#shown(await this.#represent(resource, state, false));
    }
    await views.reach(moment.after);
    const state = await views.of(resource.view).get(name.id, { operator: name.operator });
    return state === null ? notFound() : this.#shown(await this.#represent(resource, state, true));
  }

  /** A page of resources now; at a past moment all that the log has of the operator up to then is replayed. */
  async list<Row extends ViewRow, Recorded, Observed>(
    resource: Resource<Row, Recorded, Observed>,
    request: ListRequest,
    moment: Moment,
  ) {
    const { views } = this.parts;
    const { operator, limit, cursor, where } = request;
    const whose = operator === null ? {} : { operator };
    if (moment.at !== null) return this.#listAt(resource, request, await positionAt(this.parts.client, moment.at));
    await views.reach(moment.after);
    const page = await views.of(resource.view).list({
      ...whose,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(where === undefined ? {} : { where }),
    });
    const items = await Promise.all(page.items.map((state) => this.#represent(resource, state, true)));
    return done({ items, next: page.next, position: page.position });
  }

  async #listAt<Row extends ViewRow, Recorded, Observed>(
    resource: Resource<Row, Recorded, Observed>,
    { operator, limit, cursor }: ListRequest,
    to: Position,
  ) {
    const all = this.parts.log.rangeBatches(BEGINNING, to);
    const commits = operator === null ? all : ofOperator(all, operator);
    const replayed = await replayAll([resource.projection], commits, to);
    const rows = (replayed.get(resource.projection.name) ?? new Map()) as ReadonlyMap<string, ViewState<Row>>;
    const found = [...rows.values()]
      .filter(({ row }) => cursor === undefined || row.id > cursor)
      .toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1));
    const page = found.slice(0, limit);
    const items = await Promise.all(page.map((state) => this.#represent(resource, state, false)));
    return done({ items, next: found.length > limit ? (page.at(-1)?.row.id ?? null) : null, position: to });
  }

  /** Commits of the aggregate, newest first, personal data opened or `erased`; not found when there is none. */
  async history(name: AggregateName, page: { before?: Position | undefined; limit: number }) {
    const { before, limit } = page;
    const commits = await this.parts.aggregates.history(name, before === undefined ? { limit } : { before, limit });
    if (commits.length === 0 && before === undefined) return notFound();
    const items = await Promise.all(commits.map((stored) => historyEntry(this.parts.vault, stored)));
    const last = commits.at(-1);
    const next = last !== undefined && last.commit.version > 1 && commits.length === limit ? last.position : null;
    return done({ items, next });
  }

  /**
   * What is recorded otherwise at two moments, and the commits in between.
   *
   * @param own of a resource that changes hands: what of it the one who asks may see.
   */
  changes<Row extends ViewRow, Recorded, Observed>(
    resource: Resource<Row, Recorded, Observed>,
    name: AggregateName,
    moments: Moments,
    own?: Own<Recorded>,
  ): Promise<Done<Difference<Recorded>> | Refused> {
    return changesBetween(this.parts, { resource, name, moments, own });
  }

  async #represent<Row extends ViewRow, Recorded, Observed>(
    resource: Resource<Row, Recorded, Observed>,
    state: ViewState<Row>,
    isNow: boolean,
  ): Promise<Represented<Recorded, Observed>> {
    const recorded = await recordedIn(this.parts.vault, resource, { state, isNow });
    const observed =
      isNow && resource.observed !== undefined ? await resource.observed(state.row, state.operator) : null;
    return { recorded, observed, etag: state.version, position: state.position };
  }

  #shown<Reply extends { position: Position; etag: number }>(reply: Reply): Done<Reply> {
    return done(reply, { position: reply.position, etag: reply.etag });
  }
}

/** What others did is neither read nor kept. */
async function* ofOperator(batches: AsyncIterable<readonly RawCommit[]>, operator: string) {
  for await (const batch of batches) yield batch.filter(({ subject }) => operatorOf(subject) === operator);
}
