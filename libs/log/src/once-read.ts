import type { AggregateName, StoredCommit } from '@freehold/kernel';
import { readCommit } from './commit-encoding.js';
import type { RawCommit } from './log.port.js';
import { parseSubject } from './subject.js';

/** A commit that is read when somebody first asks for what is in it, and then is not read again. */
export class OnceRead implements RawCommit, StoredCommit {
  readonly position: RawCommit['position'];
  readonly time: string;
  readonly subject: string;
  readonly body: Uint8Array;
  #kind: string | undefined;
  #stored: StoredCommit | undefined;
  #name: AggregateName | undefined;

  constructor(given: RawCommit | StoredCommit) {
    this.position = given.position;
    this.time = given.time;
    this.subject = given.subject;
    if ('commit' in given) this.#stored = given;
    this.body = 'body' in given ? given.body : NOTHING;
  }

  static of(given: RawCommit | StoredCommit): OnceRead {
    return given instanceof OnceRead ? given : new OnceRead(given);
  }

  /** `<context>.<aggregate>` of `log.<partition>.<context>.<operator>.<aggregate>.<id>`, of whatever form that is. */
  get kind(): string {
    return (this.#kind ??= kindOf(this.subject));
  }

  /** @throws UnreadableCommit. */
  get commit(): StoredCommit['commit'] {
    return this.stored().commit;
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

/** Once a commit of the whole log: no list of its tokens is made for it. */
function kindOf(subject: string): string {
  const context = subject.indexOf('.', subject.indexOf('.') + 1) + 1;
  const operator = subject.indexOf('.', context) + 1;
  const aggregate = subject.indexOf('.', operator) + 1;
  return subject.slice(context, operator) + subject.slice(aggregate, subject.indexOf('.', aggregate));
}
