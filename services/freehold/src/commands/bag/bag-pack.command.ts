import { type BagSummary, BagFailure, packBag } from '@freehold/bag';
import type { Command } from 'commander';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { command, type CommandContext } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import { bytes } from '../../output/durations.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import { collect } from '../order.command.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { onBags } from './bag-action.js';
import { folderPayload, surveyFolder } from './folder-payload.js';

interface PackOptions extends LocalOptions {
  into: string;
  info: string[];
  part?: string;
  plain?: boolean;
}

/** `freehold bag pack`: a folder as a part of a new bag, or as its whole payload. */
export const packCommand = (context: CommandContext): Command =>
  command('pack <folder>', {
    summary: 'pack a folder into a new bag, as a part with modes, times, links and empty folders',
    example: 'bag pack ./media --into ./choir.bag --info "Contact-Name=Ada"',
  })
    .requiredOption('--into <bag>', 'the bag’s folder; must not be there, or be empty')
    .option('--info <label=value>', 'a line of bag-info.txt; again for each', collect, [])
    .option('--part <name>', 'the part’s name; the folder’s unless given')
    .option('--plain', 'the folder is the payload as it lies (data/…): files only')
    .action(
      onBags<PackOptions>(context, async (output, options, [folder = '']) => {
        const part = options.plain === true ? null : (options.part ?? basename(resolve(folder)));
        const info = { ...ownInfo(new Date()), ...readInfo(options.info) };
        await refuseInside(folder, options.into);
        const { findings, ...total } = await surveyFolder(folder, part);
        if (findings.length > 0) throw new BagFailure('the folder cannot be packed', findings);
        const work = { title: `pack ${folder}`, quiet: output.json };
        const summary = await withProgress(output.terminal, work, (onProgress) =>
          packBag(options.into, {
            payload: folderPayload(folder, part),
            info,
            onProgress: (progress) => onProgress({ ...progress, ...total }),
          }),
        );
        output.show({ bag: options.into, part, ...summary }, () => packedText(options.into, summary));
        return EXIT.ok;
      }),
    );

const packedText = (bag: string, { payloadFiles, payloadBytes, tagManifestSha256 }: BagSummary): string =>
  [
    `Packed ${count(payloadFiles)} files, ${bytes(payloadBytes)}.`,
    `SHA-256 of its tag manifest: ${tagManifestSha256}`,
    `Next: freehold bag check ${bag}`,
  ].join('\n');

/** RFC 8493, 2.2.2. */
const ownInfo = (now: Date): Record<string, string> => ({
  'Bagging-Date': now.toISOString().slice(0, 10),
  'Bag-Software-Agent': 'freehold',
});

/** @throws CommandFailure for what is not `label=value`, or a label that comes twice. */
export function readInfo(pairs: readonly string[]): Record<string, string> {
  const info: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const label = pair.slice(0, at);
    if (at < 1) throw new CommandFailure(`"${pair}" is no line of bag-info.txt`, 'Write it as --info "Label=value".');
    if (label in info) throw new CommandFailure(`${label} is given twice`, 'Give each label once.');
    info[label] = pair.slice(at + 1);
  }
  return info;
}

/** A bag inside the folder that it is packed from would hold itself. */
async function refuseInside(folder: string, into: string): Promise<void> {
  const way = relative(await realpath(folder), await realPlace(resolve(into)));
  if (way === '..' || way.startsWith(`..${sep}`)) return;
  throw new CommandFailure(`${into} is inside ${folder}`, 'Name a place for the bag outside the folder.');
}

/** Where a path leads of which the last names may not be there so far. */
const realPlace = (path: string): Promise<string> =>
  realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path)),
  );
