import {
  type AggregateName,
  comparePositions,
  type Finding,
  type HistoryEntry,
  Json,
  type JsonPatch,
  type Moments,
  type Position,
  type StoredCommit,
} from '@freehold/kernel';
import type { AggregateStore, Log } from '@freehold/log';
import { foldOne, type ViewRow } from '@freehold/projection';
import type { Vault } from '@freehold/vault';
import type { OperationClient } from '../operations/operation.client.js';
import { type Done, done, notFound, type Refused, refusedWith } from '../operations/outcome.js';
import { allCommits, historyEntry } from './aggregate-commits.js';
import { jsonPatch } from './json-patch.js';
import { positionAt } from './position-at.js';
import { recordedIn, type Represented, type Resource } from './resource.js';

/** What of a resource one who had it for a time may see: which of its commits, and when it was theirs. */
export interface Own<Recorded> {
  commits(all: readonly StoredCommit[]): readonly StoredCommit[];
  isOwn(recorded: Recorded): boolean;
}

type Shown<Recorded> = Omit<Represented<Recorded, never>, 'observed'>;

export interface Difference<Recorded> {
  from: Position;
  to: Position;
  was: Shown<Recorded> | null;
  is: Shown<Recorded> | null;
  patch: JsonPatch;
  commits: HistoryEntry[];
  next: Position | null;
}

interface Parts {
  log: Log;
  aggregates: AggregateStore;
  vault: Vault;
  client: OperationClient;
}

interface Asked<Row extends ViewRow, Recorded, Observed> {
  resource: Resource<Row, Recorded, Observed>;
  name: AggregateName;
  moments: Moments;
  own: Own<Recorded> | undefined;
}

/**
 * The difference of two moments, from the log alone: both representations are folded from the aggregate's own commits, as
 * `?at=` does. Nothing is found when it has none up to the later moment.
 */
export async function changesBetween<Row extends ViewRow, Recorded, Observed>(
  parts: Parts,
  asked: Asked<Row, Recorded, Observed>,
): Promise<Done<Difference<Recorded>> | Refused> {
  const { before, limit } = asked.moments;
  const { from, to } = await positionsOf(parts, asked.moments);
  if (comparePositions(from, to) > 0) return refusedWith([momentsReversed(from, to)]);
  const all = await allCommits(parts.aggregates, asked.name);
  const own = (asked.own?.commits(all) ?? all).filter(isUpTo(to));
  if (own.length === 0) return notFound();
  const [was, is] = await Promise.all([from, to].map((at) => shownAt(parts, asked, { all, at })));
  const between = own.filter(({ position }) => !isUpTo(from)({ position })).toReversed();
  const rest = between.filter(({ position }) => before === undefined || comparePositions(position, before) < 0);
  const page = rest.slice(0, limit);
  return done({
    ...{ from, to, was: was ?? null, is: is ?? null },
    patch: jsonPatch(recordedJson(was), recordedJson(is)),
    commits: await Promise.all(page.map((stored) => historyEntry(parts.vault, stored))),
    next: rest.length > limit ? (page.at(-1)?.position ?? null) : null,
  });
}

async function positionsOf({ client, log }: Parts, { from, to }: Moments): Promise<{ from: Position; to: Position }> {
  const [first, last] = await Promise.all([
    positionAt(client, from),
    to === undefined ? log.head() : positionAt(client, to),
  ]);
  return { from: first, to: last };
}

async function shownAt<Row extends ViewRow, Recorded, Observed>(
  { vault }: Parts,
  { resource, own }: Asked<Row, Recorded, Observed>,
  { all, at }: { all: readonly StoredCommit[]; at: Position },
): Promise<Shown<Recorded> | null> {
  const state = foldOne(resource.projection, all, at);
  if (state === null) return null;
  const recorded = await recordedIn(vault, resource, { state, isNow: false });
  return own?.isOwn(recorded) === false ? null : { recorded, etag: state.version, position: state.position };
}

const isUpTo =
  (last: Position) =>
  ({ position }: { position: Position }): boolean =>
    comparePositions(position, last) <= 0;

/** As it crosses the border: members that are undefined are not there. */
const recordedJson = (shown: Shown<unknown> | null | undefined): Json =>
  Json.parse(JSON.parse(JSON.stringify(shown?.recorded ?? null)));

const momentsReversed = (from: Position, to: Position): Finding => ({
  pointer: '/from',
  code: 'moments-reversed',
  detail: `The first moment is position ${from}, which is after ${to}, the second.`,
  hint: 'Give the earlier moment as `from`, the later as `to`.',
});
