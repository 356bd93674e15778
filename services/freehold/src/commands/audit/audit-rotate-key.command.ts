import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { command, type CommandContext, wholeNumber } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { onEvidence } from './audit-action.js';
import { lockFolder } from './folder-lock.js';
import { WitnessKeys } from './witness-keys.js';

type RotateKeyOptions = LocalOptions & { state: string; overlap: number };

const DAY_MS = 86_400_000;

/** `freehold audit rotate-key`: a witness goes on under another key, which the one before has signed. */
export const auditRotateKeyCommand = (context: CommandContext): Command =>
  command('rotate-key', {
    summary: 'another key for a witness of `audit watch`, signed with the old one; stop the witness before',
    example: 'audit rotate-key --state ./witness',
  })
    .requiredOption('--state <folder>', 'where the witness keeps its key')
    .option('--overlap <days>', 'so long the old one signs along, for who has to be told', wholeNumber(0, 366), 30)
    .action(
      onEvidence<RotateKeyOptions>(context, async (output, { state, overlap }) => {
        const none = new CommandFailure(`There is no witness in ${state}`, 'Name the --state of its audit watch.');
        if (!existsSync(state)) throw none;
        const lock = await lockFolder(state);
        try {
          const keys = WitnessKeys.openExisting(state);
          if (keys === null) throw none;
          const until = new Date(Date.now() + overlap * DAY_MS).toISOString();
          const { key, also } = await keys.change(overlap * DAY_MS);
          output.show({ key, also, until }, () =>
            [
              `From its next look on the witness signs with another key:\n  ${key}`,
              `Those who have the old one need not do anything: each cosignature says that this one follows.`,
              `For other programs the old one signs along until ${until}; then it is gone from this machine.`,
            ].join('\n'),
          );
          return EXIT.ok;
        } finally {
          await lock.release();
        }
      }),
    );
