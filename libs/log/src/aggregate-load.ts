import type { DomainEvent, Position, StoredCommit } from '@freehold/kernel';
import { type AggregateState, blank, foldCommits, type ReadableAggregate } from './aggregate-definition.js';
import type { AggregateStore } from './aggregate-store.js';
import { commitsSince } from './aggregate-walk.js';
import { type FoldedStates, noFoldedStates } from './folded-states.js';
import { type Known, KnownStates } from './known-states.js';
import { BrokenChain } from './log.errors.js';
import type { Log, Since } from './log.port.js';
import { parseSubject, subjectOf } from './subject.js';

/**
 * Loading an aggregate: what is known of it, made as new as the log.
 *
 *     memory ─none─► folded states ─none─► the initial state
 *        └── as many commits as the log counts from its volume on? ─yes─► that is it
 *                └─no─► the last commit, back over `previous` to what is known, fold forward
 *
 * Why counting: the server counts a subject's commits in its index. Any message of an older block, the last one too, costs
 * it the whole block: 8 ms, in which nobody writes (docs/adr, 0005).
 *
 * What is known may be wrong where states are kept beside the log: it is compared with the log, and forgotten when its last
 * commit is not one of the chain. `confirmed` compares with the last commit itself, at the leader.
 *
 * Who follows the log has each commit in hand: what is known of its aggregate, and ends where it goes on, is folded with it, and
 * nobody is asked. Those states are kept beside the log when memory has no room for them any more: who reads years of it would
 * write each state once for each commit otherwise.
 */
export interface AggregateLoader {
  load: AggregateStore['load'];
  loadIncluding: AggregateStore['loadIncluding'];
  knownIncluding: AggregateStore['knownIncluding'];
  /** After an append. */
  remember: <State, Event extends DomainEvent>(
    definition: ReadableAggregate<State, Event>,
    subject: string,
    loaded: AggregateState<State>,
  ) => void;
}

export function aggregateLoader(options: { log: Log; states?: FoldedStates; cacheSize?: number }): AggregateLoader {
  const { log, cacheSize = 1_000 } = options;
  const states = new KnownStates(options.states ?? noFoldedStates, cacheSize);

  const load: AggregateStore['load'] = async (definition, name, { confirmed = false } = {}) => {
    const subject = subjectOf(name);
    const knowing = states.inMemory(definition, subject) ?? states.beside(definition, subject);
    const [known, count] = await Promise.all([knowing, confirmed ? null : log.count(subject, endOf(knowing))]);
    const { folded } = known;
    const loaded =
      countSince(folded) === count
        ? folded
        : await caughtUp(log, definition, { known, last: await log.last(subject, { confirmed }), confirmed });
    if (loaded === folded) {
      if (folded.version > 0) states.found(definition, subject, folded);
      return folded;
    }
    // What was known was none of this log.
    if (loaded.version <= folded.version) states.forget(subject);
    if (loaded.version > 0) states.made(definition, subject, loaded);
    return loaded;
  };

  const knownIncluding: AggregateStore['knownIncluding'] = async (definition, stored) => {
    const { subject, position, commit } = stored;
    const { folded } = states.inMemory(definition, subject) ?? (await states.beside(definition, subject));
    if (folded.commandIds.get(commit.command.id) === position) {
      states.found(definition, subject, folded);
      return folded;
    }
    const goesOn = commit.version === folded.version + 1 && commit.previous === folded.position;
    if (!goesOn) return null;
    const loaded = foldCommits(definition, folded, [stored]);
    states.followed(definition, subject, loaded);
    return loaded;
  };

  const loadIncluding: AggregateStore['loadIncluding'] = async (definition, stored) =>
    (await knownIncluding(definition, stored)) ?? load(definition, parseSubject(stored.subject), { confirmed: true });

  return { load, loadIncluding, knownIncluding, remember: (...made) => states.made(...made) };
}

const endOf = (knowing: Known<unknown> | Promise<Known<unknown>>): Since =>
  knowing instanceof Promise ? knowing.then(({ folded }) => folded.position) : knowing.folded.position;

/** Its commits in the volume of the last one: those before it are final, and had no more when that was written. */
function countSince({ version, position, commandIds }: AggregateState<unknown>): number {
  if (position === null) return 0;
  const volume = position.slice(0, position.indexOf(':') + 1);
  let before = 0;
  for (const each of commandIds.values()) if (!each.startsWith(volume)) before += 1;
  return version - before;
}

/** What is known with the commits since then; what the log alone says when that is none of its own. */
async function caughtUp<State, Event extends DomainEvent>(
  log: Log,
  definition: ReadableAggregate<State, Event>,
  { known, last, confirmed }: { known: Known<State>; last: StoredCommit | null; confirmed: boolean },
): Promise<AggregateState<State>> {
  const { folded, inMemory } = known;
  const lastVersion = last?.commit.version ?? 0;
  // A lagging replica may answer less than what is known.
  if (lastVersion < folded.version && inMemory && !confirmed) return folded;
  if (last === null) return blank(definition);
  if (folded.position === last.position && folded.commandIds.get(last.commit.command.id) === last.position) {
    return folded;
  }
  const since = folded.version < lastVersion ? await commitsSinceKnown(log, folded.position, last) : null;
  if (since?.[0]?.commit.version === folded.version + 1) return foldCommits(definition, folded, since);
  return foldCommits(definition, blank(definition), await commitsSince(log, last, null));
}

/** Null: no commit of this chain stands at `known`. */
async function commitsSinceKnown(
  log: Log,
  known: Position | null,
  last: StoredCommit,
): Promise<readonly StoredCommit[] | null> {
  try {
    return await commitsSince(log, last, known);
  } catch (cause) {
    if (cause instanceof BrokenChain && known !== null) return null;
    throw cause;
  }
}
