import { type AggregateName, comparePositions, type Position, type StoredCommit } from '@freehold/kernel';
import { parseSubject, type RawCommit, readCommit } from '@freehold/log';

/** A commit that is read when somebody first asks for what is in it, and then is not read again. */
export class OnceRead implements RawCommit {
  readonly position: RawCommit['position'];
  readonly time: string;
  readonly subject: string;
  readonly body: Uint8Array;
  /** `<context>.<aggregate>` of `log.<partition>.<context>.<operator>.<aggregate>.<id>`, of whatever form that is. */
  readonly kind: string;
  #stored: StoredCommit | undefined;
  #name: AggregateName | undefined;

  constructor(given: RawCommit | StoredCommit) {
    this.position = given.position;
    this.time = given.time;
    this.subject = given.subject;
    const [, , context, , aggregate] = given.subject.split('.', 5);
    this.kind = `${context}.${aggregate}`;
    if ('commit' in given) this.#stored = given;
    this.body = 'body' in given ? given.body : NOTHING;
  }

  static of(given: RawCommit | StoredCommit): OnceRead {
    return given instanceof OnceRead ? given : new OnceRead(given);
  }

  /** @throws UnreadableCommit. */
  stored(): StoredCommit {
    return (this.#stored ??= readCommit(this));
  }

  /** @throws RangeError when its subject is not one of the log. */
  name(): AggregateName {
    return (this.#name ??= parseSubject(this.subject));
  }
}

const NOTHING = new Uint8Array();

/** Of commits in their order those up to and including `to`. */
export function upTo<Commit extends { position: Position }>(
  commits: readonly Commit[],
  to: Position,
): readonly Commit[] {
  const last = commits.at(-1);
  if (last === undefined || comparePositions(last.position, to) <= 0) return commits;
  return commits.filter(({ position }) => comparePositions(position, to) <= 0);
}
