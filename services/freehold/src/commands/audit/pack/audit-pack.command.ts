import { chainFindings, folderCopy, type LogFiles } from '@freehold/evidence';
import { deployments } from '@freehold/deployment-contract';
import type { Position } from '@freehold/kernel';
import type { Command } from 'commander';
import { command, type CommandContext, wholeNumber } from '../../../cli/command-context.js';
import { CommandFailure } from '../../../cli/command-failure.js';
import { EXIT } from '../../../cli/exit-codes.js';
import { deploymentMeant } from '../../../cli/name-resolution.js';
import { type CommonOptions, Session } from '../../../cli/session.js';
import { count, withProgress } from '../../../output/transfer-progress.js';
import { logSourceOf } from '../audit-copy.command.js';
import { EvidenceRefused, onEvidence } from '../audit-action.js';
import { collect } from '../../order.command.js';
import { KEY_HELP, openTrusted, trustOf, type TrustOptions } from '../trusted-input.js';
import { type ProvenCommit, SignedLog } from './collect-pack.js';
import { writePack } from './write-pack.js';

type PackOptions = CommonOptions & TrustOptions & { deployment: string; to: string; from?: string };

/** `freehold audit pack`: one deployment's history, to be believed by somebody who has nothing else. */
export const auditPackCommand = (context: CommandContext): Command =>
  command('pack', {
    summary: 'one deployment’s history with proofs, checkpoint and a report (HTML, PDF): opens without Freehold',
    example: 'audit pack --deployment chat.freehold.test --to ./chat-evidence --key @provider.vkey',
    operator: true,
  })
    .requiredOption('--deployment <deployment>', 'its id; from an installation also the beginning of it, or a name')
    .requiredOption('--to <folder>', 'must not be there, or be empty')
    .requiredOption('--key <key>', KEY_HELP)
    .option('--from <copy>', 'a copy of the log (freehold audit copy); otherwise the installation is asked')
    .option('--witness <key>', 'verifier key of a witness that you trust, or @file; again for each', collect, [])
    .option('--quorum <n>', 'how many of these witnesses must have signed', wholeNumber(0, 100), 0)
    .action(
      onEvidence<PackOptions>(context, async (output, options) => {
        const trust = await trustOf(options);
        const files: LogFiles = options.from === undefined ? logSourceOf(context, undefined) : folderCopy(options.from);
        const bytes = await files.get('checkpoint');
        if (bytes === null)
          throw new CommandFailure('There is no checkpoint', 'Check the copy, or the address.', EXIT.notFound);
        const checkpoint = openTrusted(bytes, trust, 'The checkpoint cannot be believed');
        const note = Buffer.from(bytes).toString('utf8');
        const work = { title: 'collect', quiet: output.json };
        const log = await SignedLog.open(files, { ...checkpoint.checkpoint, note });
        const commits = await withProgress(output.terminal, work, (onProgress) => {
          const done = { filesDone: 0, bytesDone: 0 };
          const onBundle = (length: number): void => {
            done.filesDone += 1;
            done.bytesDone += length;
            onProgress({ ...done, files: Math.ceil(checkpoint.checkpoint.size / 256), bytes: null });
          };
          return options.from === undefined ? asked(log, context, options) : scanned(log, options.deployment, onBundle);
        });
        if (commits.length === 0) throw absent(options.deployment);
        const { findings } = chainFindings(commits);
        if (findings.length > 0) throw new EvidenceRefused('The history of this deployment has gaps', findings);
        await writePack(options.to, { commits, proof: await log.proofOf(commits), checkpoint, note });
        const { size } = checkpoint.checkpoint;
        output.show({ folder: options.to, commits: commits.length, origin: trust.origin, size }, () =>
          [
            `${options.to} holds ${count(commits.length)} commits, proven in ${trust.origin} as of ${count(size)}.`,
            `Read ${options.to}/report.html or report.pdf; README.txt says how anybody checks it.`,
            `Next: freehold audit verify ${options.to} --key ${options.key}`,
          ].join('\n'),
        );
        return EXIT.ok;
      }),
    );

/** By reading all of the copy. */
function scanned(log: SignedLog, deployment: string, onBundle: (bytes: number) => void): Promise<ProvenCommit[]> {
  const isMeant = (subject: string): boolean => {
    const [, , context, , aggregate, id] = subject.split('.');
    return context === 'deployment' && aggregate === 'deployment' && id === deployment.toLowerCase();
  };
  return log.commitsOf(isMeant, onBundle);
}

/** By the installation's index; what it says is compared with the log. */
async function asked(log: SignedLog, context: CommandContext, options: PackOptions): Promise<ProvenCommit[]> {
  const session = Session.open(context.terminal, options, context.surroundings);
  const params = await deploymentMeant(session, options.deployment);
  const positions: Position[] = [];
  let before: Position | null = null;
  do {
    const page: { items: { position: Position }[]; next: Position | null } = await session.ask(
      deployments.history,
      params,
      {
        limit: 200,
        ...(before === null ? {} : { before }),
      },
    );
    positions.push(...page.items.map(({ position }) => position));
    before = page.next;
  } while (before !== null);
  return log.commitsAt(positions.toReversed());
}

const absent = (deployment: string) =>
  new CommandFailure(
    `The checkpoint covers no commit of the deployment ${deployment}`,
    'Give its whole id; what was decided just now is signed within a minute.',
    EXIT.notFound,
  );
