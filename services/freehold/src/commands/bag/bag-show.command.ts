import type { Command } from 'commander';
import { command, type CommandContext } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { bytes } from '../../output/durations.js';
import { properties, table } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { count } from '../../output/transfer-progress.js';
import { onBags } from './bag-action.js';
import { type BagContents, bagContents, type ProofContents } from './bag-contents.js';

/** `freehold bag show`: what a bag says of itself; it is not checked. */
export const showCommand = (context: CommandContext): Command =>
  command('show <bag>', {
    summary: 'what a bag says of itself: bag-info, deployment, parts; checks nothing',
    example: 'bag show ./choir.bag',
  }).action(
    onBags(context, async (output, _, [bag = '']) => {
      const contents = await bagContents(bag);
      output.show(contents, () => contentsText(contents, output.terminal));
      return EXIT.ok;
    }),
  );

function contentsText({ info, deployment, history, parts, beside }: BagContents, terminal: Terminal): string {
  const said: (readonly [string, string])[] = [
    ...info,
    ...(deployment === null
      ? []
      : ([
          ['application', `${deployment.application} ${deployment.version}, plan ${deployment.plan}`],
          ['names', deployment.names.map(({ purpose, name }) => `${name} (${purpose})`).join(', ')],
          ['tenure', `epoch ${deployment.epoch} of lineage ${deployment.lineage}; the bag gives none`],
        ] as const)),
    ...(history === null ? [] : ([['history', proofText(history)]] as const)),
  ];
  const rows = [...parts, { part: '(beside the parts)', ...beside }];
  return [
    ...(said.length === 0 ? [] : [properties(said, terminal), '']),
    table(
      rows,
      [
        { title: 'part', value: ({ part }) => part },
        { title: 'files', value: ({ files }) => count(files) },
        { title: 'size', value: ({ sizeBytes }) => bytes(sizeBytes) },
        { title: 'not here', value: ({ absent }) => (absent === 0 ? '' : `${count(absent)} files`) },
      ],
      terminal,
    ),
  ].join('\n');
}

const proofText = ({ commits, through, log, size }: ProofContents): string =>
  `proofs of ${count(commits)} commits up to ${through ?? 'none'}, by a checkpoint of ${log} with ${count(size)}; bag check --key verifies them`;
