import { checkBag, type CheckedBag } from '@freehold/bag';
import type { Command } from 'commander';
import { command, type CommandContext } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { bytes } from '../../output/durations.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { onBags } from './bag-action.js';

/** `freehold bag check`: everything that is wrong, at once. */
export const checkCommand = (context: CommandContext): Command =>
  command('check <bag>', {
    summary: 'whether a bag is complete and valid; lists everything that is wrong',
    example: 'bag check ./choir.bag',
  })
    .option('--holey', 'files of fetch.txt may be absent')
    .action(
      onBags<LocalOptions & { holey?: boolean }>(context, async (output, { holey = false }, [bag = '']) => {
        const work = { title: `check ${bag}`, quiet: output.json };
        const checked = await withProgress(output.terminal, work, (onProgress) => checkBag(bag, { holey, onProgress }));
        const { findings, warnings, summary } = checked;
        const valid = findings.length === 0;
        if (valid || output.json) {
          const absent = absentOf(checked);
          output.show({ valid, findings, warnings, summary, absent }, () => validText(checked));
        } else output.findings('The bag is not valid.', findings);
        output.warnings(warnings);
        return valid ? EXIT.ok : EXIT.refused;
      }),
    );

/** `bytes`: as far as fetch.txt says. */
const absentOf = ({ absent }: CheckedBag) => ({
  files: absent.length,
  bytes: absent.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
});

function validText(checked: CheckedBag): string {
  const { payloadFiles = 0, payloadBytes = 0, tagManifestSha256 = '' } = checked.summary ?? {};
  const absent = absentOf(checked);
  return [
    `The bag is valid: ${count(payloadFiles)} files, ${bytes(payloadBytes)}.`,
    ...(absent.files === 0
      ? []
      : [`${count(absent.files)} of them (${bytes(absent.bytes)}) are not here, but in fetch.txt.`]),
    ...(tagManifestSha256 === '' ? [] : [`SHA-256 of its tag manifest: ${tagManifestSha256}`]),
  ].join('\n');
}
