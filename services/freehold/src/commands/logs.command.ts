import { deploymentLogs } from '@freehold/deployment-contract';
import type { Command } from 'commander';
import { command, type CommandContext, wholeNumber, withSession } from '../cli/command-context.js';
import { deploymentMeant } from '../cli/name-resolution.js';
import type { CommonOptions } from '../cli/session.js';
import { oneLine } from '../output/table.js';

const LONGEST_WAIT_S = 20;

/** `freehold logs [-f]`: what an application writes. */
export const logsCommand = (context: CommandContext): Command =>
  command('logs <deployment>', {
    summary: 'what an application wrote; -f: and what it writes from now on',
    example: 'logs chat.freehold.test -f',
    operator: true,
  })
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--lines <n>', 'how many', wholeNumber(1, 2_000), 100)
    .action(
      withSession<CommonOptions & { follow?: boolean; lines: number }>(
        context,
        async (session, options, [wanted = '']) => {
          const { follow, lines } = options;
          const params = await deploymentMeant(session, wanted);
          const say = (written: readonly string[]) =>
            options.json === true
              ? session.terminal.out(JSON.stringify(written))
              : written.forEach((line) => session.terminal.out(oneLine(line)));
          let { lines: written, cursor } = await session.ask(deploymentLogs, params, { lines });
          say(written);
          while (follow === true) {
            const body = { lines: 2_000, cursor, wait: LONGEST_WAIT_S };
            const { reply } = await session.call(deploymentLogs, { params, body, waitS: LONGEST_WAIT_S });
            ({ lines: written, cursor } = reply);
            if (written.length > 0) say(written);
          }
        },
      ),
    );
