import { type Actor, comparePositions, type JsonPatch, type Position, type StoredCommit } from '@freehold/kernel';
import { jsonPatch, type Replayable, type Replayed } from '@freehold/platform';
import type { WholeAggregate } from './scattered-commits.js';

/** A resource of the cell as it was. */
export interface ToldResource extends Replayed {
  kind: string;
  id: string;
}

/** What came, went, or is recorded otherwise between two moments, and the commits that made it so, oldest first. */
export interface ToldDifference {
  change: 'came' | 'changed' | 'went';
  kind: string;
  id: string;
  operator: string;
  was: Replayed | null;
  is: Replayed | null;
  patch: JsonPatch;
  commits: { position: Position; time: string; types: string[]; actor: Actor; command: string; cause: string | null }[];
}

/** Every resource as these commits make it. Those of an aggregate that no kind is a fold of are passed over. */
export async function* resourcesIn(
  aggregates: AsyncIterable<WholeAggregate>,
  kinds: readonly Replayable[],
): AsyncGenerator<ToldResource> {
  for await (const { name, commits } of aggregates) {
    for (const kind of concerning(kinds, name)) {
      const told = await kind.fold(commits);
      if (told !== null) yield { kind: kind.kind, id: name.id, ...told };
    }
  }
}

/** @param from the earlier moment; the later is the last of the commits */
export async function* differencesIn(
  aggregates: AsyncIterable<WholeAggregate>,
  kinds: readonly Replayable[],
  from: Position,
): AsyncGenerator<ToldDifference> {
  for await (const { name, commits } of aggregates) {
    const since = commits.filter(({ position }) => comparePositions(position, from) > 0);
    if (since.length === 0) continue;
    for (const kind of concerning(kinds, name)) {
      const [was, is] = [await kind.fold(commits.slice(0, commits.length - since.length)), await kind.fold(commits)];
      const patch = jsonPatch(was?.recorded ?? null, is?.recorded ?? null);
      if (patch.length === 0) continue;
      const change = was === null ? 'came' : is === null ? 'went' : 'changed';
      const { operator } = name;
      yield { ...{ change, kind: kind.kind, id: name.id, operator, was, is, patch }, commits: since.map(toldCommit) };
    }
  }
}

const concerning = (kinds: readonly Replayable[], { context, aggregate }: WholeAggregate['name']) =>
  kinds.filter(
    ({ source }) => source.context === context && (source.aggregate === '*' || source.aggregate === aggregate),
  );

/** Nobody's data are in it: what events say of persons is enciphered, and is not told at all. */
const toldCommit = ({ position, time, commit }: StoredCommit): ToldDifference['commits'][number] => ({
  ...{ position, time: new Date(Number(BigInt(time) / 1_000_000n)).toISOString() },
  ...{ types: commit.events.map(({ type }) => type), actor: commit.actor },
  ...{ command: commit.command.name, cause: commit.cause },
});
