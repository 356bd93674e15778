/**
 * The courier's errands as generators: what courier/errands.ts does with sockets and pauses, question by question, so that
 * a world can lose, repeat or delay each of them. A lost answer begins the errand again, as there.
 */
import type { Finding } from '@freehold/kernel';
import type { ArrivalErrand, DepartureStanding } from '@freehold/portability-contract';
import type { Json } from '@freehold/process';
import type { DepartureCommand } from '../../departure/domain/departure.commands.js';
import { ask, EARLY } from '../../departure/domain/departure.fixture.js';
import type { SignedHandover, SignedReturn } from '../../departure/domain/departure.js';
import { finding } from './findings.fixture.js';

export type Task = ArrivalErrand['task'];
/** Null: only asks how it stands. */
export type Asked = DepartureCommand | null;
export type Said =
  { kind: 'standing'; standing: DepartureStanding } | { kind: 'refused'; findings: readonly Finding[] };
export type End = { kind: 'answered'; answer: Json } | { kind: 'failed'; findings: readonly Finding[] };
export type Errand = Generator<Asked, End, Said>;
/** Null: this side refuses to give it back. */
export type Sign = (handover: SignedHandover) => SignedReturn | null;

const OVER: readonly DepartureStanding['status'][] = ['reopening', 'reopened', 'returned', 'erased'];
const failed = (...findings: readonly Finding[]): End => ({ kind: 'failed', findings });
const reopenedThere = failed(finding('source-reopened'));
const answered = (answer: Json): End => ({ kind: 'answered', answer });

export function errandOf(task: Task, sign: Sign): Errand {
  switch (task.kind) {
    case 'seal':
      return seal();
    case 'abandon':
      return abandon();
    case 'tenure':
      return askTenure();
    case 'give-back':
      return giveBack(sign);
    case 'opened':
      return opened();
  }
}

function* seal(): Errand {
  const asked = yield ask.askSeal;
  if (asked.kind === 'refused') return failed(...asked.findings);
  const standing = yield* look((now) => now.seal !== null, OVER);
  return standing.seal === null ? reopenedThere : answered({ seal: standing.seal });
}

function* askTenure(): Errand {
  const asked = yield { ...ask.askTenure, at: EARLY };
  if (asked.kind === 'refused') return failed(...asked.findings);
  const { handover } = yield* look((now) => now.handover !== null, OVER);
  return handover === null ? reopenedThere : answered({ handover });
}

function* abandon(): Errand {
  const now = yield* look(() => true, []);
  if (!OVER.includes(now.status)) {
    const asked = yield ask.abandon;
    if (asked.kind === 'refused') return failed(...asked.findings);
  }
  const { reopened } = yield* look(({ status }) => OVER.includes(status) && status !== 'reopening', []);
  return answered({ reopened });
}

function* giveBack(sign: Sign): Errand {
  const { status, handover } = yield* look((now) => now.status !== 'leaving', []);
  if (status !== 'handed-over' || handover === null) return yield* abandon();
  const given = sign(handover);
  if (given === null) return failed(finding('arrival-completed'));
  const told = yield { type: 'return', return: given };
  return told.kind === 'refused' ? failed(...told.findings) : answered({ return: given });
}

function* opened(): Errand {
  const told = yield ask.recordOpened;
  return told.kind === 'refused' ? failed(...told.findings) : answered(null);
}

function* look(
  isWanted: (standing: DepartureStanding) => boolean,
  ends: readonly DepartureStanding['status'][],
): Generator<Asked, DepartureStanding, Said> {
  for (;;) {
    const said = yield null;
    if (said.kind === 'refused') continue;
    if (isWanted(said.standing) || ends.includes(said.standing.status)) return said.standing;
  }
}
