import { type Progress, unpackBag } from '@freehold/bag';
import type { Command } from 'commander';
import { command, type CommandContext } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { bytes } from '../../output/durations.js';
import { oneLine } from '../../output/table.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import { collect } from '../order.command.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { onBags } from './bag-action.js';

interface UnpackOptions extends LocalOptions {
  into: string;
  part: string[];
}

/** `freehold bag unpack`: checked first; nothing is created of a bag that is not valid. */
export const unpackCommand = (context: CommandContext): Command =>
  command('unpack <bag>', {
    summary: 'check a bag, then put its parts into a folder, each below its name',
    example: 'bag unpack ./choir.bag --into ./choir',
  })
    .requiredOption('--into <folder>', 'must not be there, or be empty')
    .option('--part <part>', 'only this part; again for each', collect, [])
    .action(
      onBags<UnpackOptions>(context, async (output, { into, part }, [bag = '']) => {
        const work = { title: `unpack ${bag}`, quiet: output.json };
        const unpacked = await withProgress(output.terminal, work, (onProgress) =>
          unpackBag(bag, into, {
            ...(part.length === 0 ? {} : { parts: part }),
            onProgress: knowingTotal(onProgress),
          }),
        );
        output.show({ into, ...unpacked }, () =>
          unpacked.parts.length === 0
            ? 'The bag is valid and has no parts; nothing was unpacked.'
            : `Unpacked ${unpacked.parts.map(oneLine).join(', ')}: ${count(unpacked.files)} files, ${bytes(unpacked.bytes)}.`,
        );
        return EXIT.ok;
      }),
    );

/** While the content is copied nobody says how much there is: at most what was checked before. */
function knowingTotal(onProgress: (progress: Progress) => void): (progress: Progress) => void {
  let checked: number | null = null;
  return (progress) => {
    checked = progress.bytes ?? checked;
    onProgress({ ...progress, bytes: checked });
  };
}
