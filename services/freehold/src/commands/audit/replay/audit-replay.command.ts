import type { Command } from 'commander';
import { command, type CommandContext, wholeNumber } from '../../../cli/command-context.js';
import { EXIT } from '../../../cli/exit-codes.js';
import { collect } from '../../order.command.js';
import { onEvidence } from '../audit-action.js';
import { KEY_HELP } from '../trusted-input.js';
import type { ReplayOptions } from './replay-copy.js';

/** `freehold audit replay`: a whole cell at a moment, folded from a copy of its log by whoever has it; offline. */
export const auditReplayCommand = (context: CommandContext): Command =>
  command('replay <copy>', {
    summary:
      'all that was recorded in a cell at a moment, or what changed between two, from a copy of its log; offline',
    example: 'audit replay ./log-copy --at 2026-11-21T12:00:00Z --key @provider.vkey',
  })
    .requiredOption('--key <key>', KEY_HELP)
    .option('--at <moment>', 'an instant (RFC 3339, UTC) or a position such as 1:4711')
    .option('--from <moment>', 'the earlier of two moments: what came, changed and went since')
    .option('--to <moment>', 'the later of two; without it, the end of the copy')
    .option('--checkpoint <file>', 'a checkpoint that you kept: the copy has to continue it')
    .option('--kind <kind>', 'only this, such as deployment.deployment; again for each', collect, [])
    .option('--scratch <folder>', 'where a log that does not fit into memory is sorted; wants as much room as the copy')
    .option('--witness <key>', 'verifier key of a witness that you trust, or @file; again for each', collect, [])
    .option('--quorum <n>', 'how many of these witnesses must have signed', wholeNumber(0, 100), 0)
    .action(
      onEvidence<ReplayOptions>(context, async (output, options, [folder = '']) => {
        // With the contexts, which no other command of the command line needs.
        const { replayCopy } = await import('./replay-copy.js');
        await replayCopy(output, folder, options);
        return EXIT.ok;
      }),
    );
