import { deployments } from '@freehold/deployment-contract';
import { followMove, moveProcesses } from '@freehold/portability-contract';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../../cli/command-context.js';
import { type DepartureShown, knownMoves, type Move, moveMeant } from '../../cli/moves-meant.js';
import { listAll } from '../../cli/paging.js';
import type { Session } from '../../cli/session.js';
import { moveMeaning } from '../../output/move-meaning.js';
import { movesTable, moveText, type Names } from '../../output/move-text.js';
import type { ProcessShown } from '../../output/process-progress.js';

/** `freehold move status [id]`: all of both sides, or one with what goes on. */
export const statusCommand = (context: CommandContext): Command =>
  command('status [move]', {
    summary: 'departures and arrivals; one with its steps and what abandoning it would mean',
    example: 'move status 5d1f0c3a',
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted]) => {
      if (wanted === undefined) {
        const found = await knownMoves(session);
        return session.show(found, () =>
          found.length === 0
            ? 'Nothing moves. Next: freehold move grant <deployment>, or freehold move take -'
            : movesTable(found, session.terminal, new Date()),
        );
      }
      const move = await moveMeant(session, wanted);
      const process = await processOf(session, move);
      const names = await namesOf(session, move);
      const meaning = moveMeaning(move, process?.recorded ?? null);
      session.show({ ...move, meaning, names, progress: process }, () =>
        moveText({ move, names, process }, session.terminal),
      );
    }),
  );

/** Of the deployment on this side; none while an arrival has not made it. */
const namesOf = (session: Session, { operator, deployment }: Move): Promise<Names> =>
  session.ask(deployments.get, { operator, deployment }, {}).then(
    ({ recorded }) => recorded.names,
    () => [],
  );

/** As it is now; null when none has begun, or nobody knows any more which one it was. */
async function processOf(session: Session, move: Move): Promise<ProcessShown | null> {
  const { operator } = move;
  const process = move.side === 'arrival' ? move.process : await departing(session, move);
  if (process === null) return null;
  return session.ask(followMove, { operator, process }, { wait: 0 });
}

/** Processes of a departure name its deployment: the last one, while this departure is the one under way. */
async function departing(session: Session, move: DepartureShown): Promise<string | null> {
  if (BEFORE_SEAL.has(move.status)) return null;
  const all = await listAll(session, moveProcesses.list, { operator: move.operator });
  const found = all
    .map(({ recorded }) => recorded)
    .filter(({ kind, deployment }) => kind === 'depart' && deployment === move.deployment)
    .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  return found.length === 1 || !REPEATABLE.has(move.status) ? (found[0]?.id ?? null) : null;
}

/** The process begins with the seal. */
const BEFORE_SEAL: ReadonlySet<string> = new Set(['granted', 'bound', 'abandoned']);
/** After these the deployment may have departed once more. */
const REPEATABLE: ReadonlySet<string> = new Set(['reopened', 'returned']);
