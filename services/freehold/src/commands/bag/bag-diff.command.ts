import { type BagDifference, diffBags } from '@freehold/bag';
import type { Command } from 'commander';
import { command, type CommandContext } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { oneLine } from '../../output/table.js';
import { count } from '../../output/transfer-progress.js';
import { onBags } from './bag-action.js';

const KINDS = ['added', 'changed', 'removed'] as const satisfies BagDifference['what'][];

/** `freehold bag diff`: by the manifests alone. */
export const diffCommand = (context: CommandContext): Command =>
  command('diff <from> <to>', {
    summary: 'what differs from one bag to another by their manifests; 8 if anything does',
    example: 'bag diff ./monday.bag ./tuesday.bag',
  }).action(
    onBags(context, async (output, _, [from = '', to = '']) => {
      const counts = { added: 0, changed: 0, removed: 0 };
      const differences: BagDifference[] = [];
      for await (const difference of diffBags(from, to)) {
        counts[difference.what] += 1;
        if (output.json) differences.push(difference);
        else output.terminal.out(`${difference.what.padEnd(8)} ${oneLine(difference.path)}`);
      }
      const equal = KINDS.every((kind) => counts[kind] === 0);
      output.show({ equal, ...counts, differences }, () =>
        equal ? 'The bags hold the same.' : `${KINDS.map((kind) => `${count(counts[kind])} ${kind}`).join(', ')}.`,
      );
      return equal ? EXIT.ok : EXIT.differs;
    }),
  );
