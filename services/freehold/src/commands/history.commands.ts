import { cellLog, operatorLog } from '@freehold/audit-contract';
import { deployments } from '@freehold/deployment-contract';
import type { Position } from '@freehold/kernel';
import { arrivals, departures, exportsMade } from '@freehold/portability-contract';
import type { Command } from 'commander';
import { command, type CommandContext, wholeNumber, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { positionMeant } from '../cli/moment-input.js';
import { arrivalMeant, departureMeant, exportMeant } from '../cli/moves-meant.js';
import { deploymentMeant, operatorMeant } from '../cli/name-resolution.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { historyLines } from '../output/history-lines.js';

type Options = CommonOptions & { limit: number; before?: string };

/** `freehold history`: what happened, newest first. */
export const historyCommand = (context: CommandContext): Command =>
  command('history [what] [which]', {
    summary: 'what happened, newest first: deployment, departure, arrival or export <which>, operator [which], or cell',
    example: 'history deployment chat.freehold.test',
    operator: true,
  })
    .option('--limit <n>', 'how many commits', wholeNumber(1, 200), 30)
    .option('--before <position>', 'older than this position')
    .action(
      withSession<Options>(context, async (session, { limit, before }, [what, which]) => {
        const page = await pageOf(session, { what, which }, { limit, before: positionMeant(before) });
        session.show(page, () =>
          [
            historyLines(page.items, session.terminal),
            ...(page.next === null ? [] : [`Older: add --before ${page.next}`]),
          ].join('\n'),
        );
      }),
    );

interface Subject {
  what: string | undefined;
  which: string | undefined;
}

async function pageOf(
  session: Session,
  { what, which }: Subject,
  page: { limit: number; before: Position | undefined },
) {
  const whole = session.operatorOfKey === undefined && session.options.operator === undefined ? 'cell' : 'operator';
  switch (what ?? whole) {
    case 'cell':
      return session.ask(cellLog, {}, page);
    case 'operator':
      return session.ask(
        operatorLog,
        { operator: await operatorMeant(session, which ?? session.options.operator) },
        page,
      );
    case 'deployment':
      return session.ask(deployments.history, await deploymentMeant(session, which ?? ''), page);
    case 'departure': {
      const { operator, id } = await departureMeant(session, which ?? '');
      return session.ask(departures.history, { operator, departure: id }, page);
    }
    case 'arrival': {
      const { operator, id } = await arrivalMeant(session, which ?? '');
      return session.ask(arrivals.history, { operator, arrival: id }, page);
    }
    case 'export': {
      const { operator, id } = await exportMeant(session, which ?? '');
      return session.ask(exportsMade.history, { operator, export: id }, page);
    }
    default:
      throw new CommandFailure(
        `There is no history of "${what}"`,
        'Say one of: deployment, departure, arrival or export <which>, operator [which], cell.',
      );
  }
}
