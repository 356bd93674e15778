import { arrivals, followMove, takeMove } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { followToEnd } from '../../cli/follow-process.js';
import { readGrant } from '../../cli/grant-input.js';
import { operatorMeant } from '../../cli/name-resolution.js';
import type { CommonOptions } from '../../cli/session.js';
import { comparisonText } from '../../output/comparison-text.js';
import { duration } from '../../output/durations.js';

type TakeOptions = CommonOptions & { plan?: string; wait: boolean };

/** `freehold move take`: begins an arrival, watches it, and shows what was compared. */
export const takeCommand = (context: CommandContext): Command =>
  command('take <grant>', {
    summary: 'take a deployment over with a grant: the line itself, @file, or - for standard input',
    example: 'move take @grant.txt --plan small',
    changes: true,
    operator: true,
  })
    .option('--plan <plan>', 'another plan than the subscription’s')
    .option('--no-wait', 'do not wait until it is live here')
    .action(
      withSession<TakeOptions>(context, async (session, { plan, wait }, [given = '']) => {
        const startedAt = performance.now();
        const grant = await readGrant(given);
        const operator = await operatorMeant(session);
        const body = { grant, ...(plan === undefined ? {} : { plan }) };
        const { reply } = await session.call(takeMove, { params: { operator }, body });
        if (!wait) {
          const text = `It arrives: ${reply.arrival}\nNext: freehold move status ${reply.arrival.slice(0, 8)}`;
          session.show(reply, () => text);
          return EXIT.ok;
        }
        const { last, exitCode } = await followToEnd(session, { operator, process: reply.process }, followMove);
        // What is compared is read as of the end, however far behind the tables are.
        const shown = await session.ask(arrivals.get, { operator, arrival: reply.arrival }, { after: last.position });
        const { comparison } = shown.recorded;
        const { status: outcome, findings } = last.recorded;
        session.show({ ...reply, outcome, findings, comparison }, () =>
          [
            ...(comparison === null
              ? []
              : ['Compared with what the source had:', comparisonText(comparison, session.terminal), '']),
            exitCode === EXIT.ok
              ? liveText(reply, performance.now() - startedAt)
              : `Next: freehold move status ${reply.arrival.slice(0, 8)}`,
          ].join('\n'),
        );
        return exitCode;
      }),
    );

const liveText = ({ deployment }: ReplyOf<typeof takeMove>, tookMs: number): string =>
  [
    `It is live here after ${duration(tookMs)} (deployment ${deployment}).`,
    `Next: freehold show ${deployment.slice(0, 8)}`,
  ].join('\n');
