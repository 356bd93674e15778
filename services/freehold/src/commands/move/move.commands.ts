/*
 * `freehold move …`: a deployment from one provider to another, as the operators at both sides see it (design: moving).
 *
 *     at the source   grant ─► confirm (unless --to) ─► status ─► it has left     at the target   take ─► status ─► live
 *
 * Nothing is decided here: a command that dies leaves the move going on, and `move status` finds it again.
 */
import {
  abandonMove,
  abandonTake,
  confirmMove,
  departures,
  followMove,
  grantMove,
} from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import { Command } from 'commander';
import { command, type CommandContext, wholeNumber, withSession } from '../../cli/command-context.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import { followToEnd } from '../../cli/follow-process.js';
import { type ArrivalShown, departureMeant, type DepartureShown, moveMeant } from '../../cli/moves-meant.js';
import { deploymentMeant } from '../../cli/name-resolution.js';
import type { CommonOptions, Session } from '../../cli/session.js';
import { relative } from '../../output/durations.js';
import { oneLine } from '../../output/table.js';
import { statusCommand } from './move-status.command.js';
import { takeCommand } from './move-take.command.js';

export function moveCommands(context: CommandContext): Command {
  const group = new Command('move')
    .summary('deployments to and from other providers')
    .description('Moves deployments to and from other providers.');
  for (const each of [grant, confirm, takeCommand, statusCommand, abandon]) group.addCommand(each(context));
  return group;
}

const MOST_HOURS = 30 * 24;

const grant = (context: CommandContext) =>
  command('grant <deployment>', {
    summary: 'let another provider take a deployment over: prints one line to hand in there',
    example: 'move grant chat.freehold.test --to https://cloud.example > grant.txt',
    changes: true,
    operator: true,
  })
    .option('--to <origin>', 'the provider it is for; without it whoever brings it has to be confirmed')
    .option('--hours <n>', 'how long it is good for; a week unless given', wholeNumber(1, MOST_HOURS))
    .action(
      withSession<CommonOptions & { to?: string; hours?: number }>(
        context,
        async (session, { to, hours }, [wanted = '']) => {
          const { operator, deployment } = await deploymentMeant(session, wanted);
          const { reply } = await session.call(grantMove, {
            params: { operator },
            body: { deployment, ...(to === undefined ? {} : { to }), ...(hours === undefined ? {} : { hours }) },
          });
          session.show(reply, () => reply.grant);
          if (session.options.json !== true) for (const line of grantLines(reply)) session.terminal.err(line);
        },
      ),
    );

/** Beside the grant, which alone is the result, so that it can go into a file or a pipe. */
export const grantLines = ({ id, expires, to }: ReplyOf<typeof grantMove>, now = new Date()): string[] => [
  ...(to === null
    ? ['For whoever brings it: names and sizes only, until you have confirmed the fingerprint of who came.']
    : [`For ${oneLine(to.provider)}, fingerprint ${oneLine(to.fingerprint)}`]),
  `Ends ${relative(expires, now)} (${expires}); departure ${id}`,
  'Next, at the other provider: freehold move take @<a file with the line>',
  '      or: freehold move take - (and paste it, then Ctrl-D)',
  ...(to === null
    ? [`Then, here: freehold move status ${id.slice(0, 8)} shows who came, and what to type to confirm it`]
    : [`      here: freehold move status ${id.slice(0, 8)}`]),
];

const confirm = (context: CommandContext) =>
  command('confirm <departure>', {
    summary: 'let the provider that brought a grant go on, by its fingerprint',
    example: 'move confirm 5d1f0c3a --fingerprint "9f2c 01ab …"',
    changes: true,
    operator: true,
  })
    .requiredOption('--fingerprint <text>', 'what the other provider’s operator read to you')
    .action(
      withSession<CommonOptions & { fingerprint: string }>(context, async (session, { fingerprint }, [wanted = '']) => {
        const { operator, id: departure } = await departureMeant(session, wanted);
        const { reply } = await session.call(confirmMove, { params: { operator, departure }, body: { fingerprint } });
        session.show(
          reply,
          () => `Confirmed: it may be taken now.\nNext: freehold move status ${departure.slice(0, 8)}`,
        );
      }),
    );

const abandon = (context: CommandContext) =>
  command('abandon <move>', {
    summary: 'give a departure or an arrival up; the deployment runs at the source',
    example: 'move abandon 5d1f0c3a',
    changes: true,
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '']) => {
      const move = await moveMeant(session, wanted);
      return move.side === 'departure' ? abandonDeparture(session, move) : abandonArrival(session, move);
    }),
  );

async function abandonDeparture(session: Session, { operator, id: departure }: DepartureShown): Promise<ExitCode> {
  const params = { operator, departure };
  const { reply } = await session.call(abandonMove, { params, body: {} });
  const { recorded } = await session.ask(departures.get, params, {});
  session.show({ ...reply, status: recorded.status }, () => oneLine(recorded.ifAbandoned));
  return EXIT.ok;
}

/** Undone is what was wanted; that it was too late is not. */
async function abandonArrival(session: Session, { operator, process, id: arrival }: ArrivalShown): Promise<ExitCode> {
  const { reply } = await session.call(abandonTake, { params: { operator, arrival }, body: {} });
  const { last } = await followToEnd(session, { operator, process }, followMove);
  const { status } = last.recorded;
  session.show({ ...reply, outcome: status }, () => ABANDONED[status] ?? status);
  return status === 'failed' || status === 'refused' ? EXIT.ok : status === 'stuck' ? EXIT.processFailed : EXIT.refused;
}

const ABANDONED: Readonly<Record<string, string>> = {
  failed: 'It is abandoned: it runs at the source, and nothing of it is left here.',
  refused: 'It is abandoned: it never began here.',
  completed: 'It was too late: it is live here.',
  stuck: 'Somebody must look: see what is said above.',
};
