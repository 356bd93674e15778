import { eraseOperator, operators } from '@freehold/accounts-contract';
import { ERASED } from '@freehold/kernel';
import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../cli/command-failure.js';
import { confirmByName } from '../cli/confirm.js';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { operatorMeant } from '../cli/name-resolution.js';
import type { CommonOptions, Session } from '../cli/session.js';

type EraseOptions = CommonOptions & { yes?: boolean };

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 200;

/** `freehold operator erase`: for good, so it asks, and waits until it is done. */
export const eraseCommand = (context: CommandContext): Command =>
  command('erase <operator>', {
    summary: 'erase all personal data of a closed customer, for good',
    example: 'operator erase "My club"',
    changes: true,
  })
    .option('--yes', 'do not ask')
    .action(
      withSession<EraseOptions>(context, async (session, { yes }, [wanted]) => {
        const operator = await operatorMeant(session, wanted);
        const { recorded } = await session.ask(operators.get, { operator }, {});
        if (yes !== true) await confirm(recorded);
        await session.call(eraseOperator, { params: { operator }, body: {} });
        const shown = await erased(session, operator);
        session.show(shown, () => `${operator} is erased: nobody can read its data any more.`);
      }),
    );

async function erased(session: Session, operator: string) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const shown = await session.ask(operators.get, { operator }, {});
    if (shown.recorded.status === ERASED) return shown;
    if (Date.now() > until) {
      throw new CommandFailure(
        `${operator} is still being erased`,
        'It goes on by itself, also after a restart: freehold operator show. If it does not: freehold doctor',
      );
    }
    await pause(LOOK_EVERY_MS);
  }
}

const confirm = ({ id, name }: { id: string; name: string }) =>
  confirmByName(name, {
    what: `Erasing ${id}`,
    question: `Nobody will be able to read anything personal of ${name} any more; names that lead to another provider end.`,
  });
