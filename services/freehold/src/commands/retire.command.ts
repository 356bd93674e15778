import { deployments, followProcess, retireDeployment } from '@freehold/deployment-contract';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { confirmByName } from '../cli/confirm.js';
import { EXIT } from '../cli/exit-codes.js';
import { followToEnd } from '../cli/follow-process.js';
import { deploymentMeant } from '../cli/name-resolution.js';
import type { CommonOptions } from '../cli/session.js';

type RetireOptions = CommonOptions & { now?: boolean; yes?: boolean; wait: boolean };

/** `freehold retire`: for good, so it asks. */
export const retireCommand = (context: CommandContext): Command =>
  command('retire <deployment>', {
    summary: 'stop an application for good; its data are erased after 30 days',
    example: 'retire chat.freehold.test',
    changes: true,
    operator: true,
  })
    .option('--now', 'erase the data at once')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not wait until it is done')
    .action(
      withSession<RetireOptions>(context, async (session, { now = false, yes, wait }, [wanted = '']) => {
        const params = await deploymentMeant(session, wanted);
        const { recorded } = await session.ask(deployments.get, params, {});
        const name = recorded.names[0]?.name ?? recorded.id;
        if (yes !== true) await confirm(name, now);
        const { reply } = await session.call(retireDeployment, { params, body: { now } });
        if (!wait || !now) {
          session.show(
            reply,
            () => `${name} stops. ${now ? 'Its data are being erased.' : 'Its data are erased in 30 days.'}`,
          );
          return EXIT.ok;
        }
        const watched = { operator: params.operator, process: reply.process };
        const { last, exitCode } = await followToEnd(session, watched, followProcess);
        if (session.options.json === true || exitCode === EXIT.ok) {
          session.show({ ...reply, outcome: last.recorded.status }, () => `Nothing of ${name} is left.`);
        }
        return exitCode;
      }),
    );

const confirm = (name: string, now: boolean) =>
  confirmByName(name, {
    what: `Retiring ${name}`,
    question: `${name} will be stopped for good, and its data erased ${now ? 'at once' : 'after 30 days'}.`,
  });
