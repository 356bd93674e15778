import { folderCopy, type OpenedCheckpoint, verifyCopy } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import type { Command } from 'commander';
import { join } from 'node:path';
import { command, type CommandContext, wholeNumber } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import type { LocalOptions, LocalOutput } from '../../cli/local-command.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import { collect } from '../order.command.js';
import { EvidenceRefused, onEvidence } from './audit-action.js';
import { checkPack } from './pack/check-pack.js';
import { KEY_HELP, openTrusted, readCheckpoint, type Trust, type TrustOptions, trustOf } from './trusted-input.js';
import { type HistoryFiles, verifyHistoryFiles } from './verify-history.js';
import { verifyTargetOf } from './verify-target.js';

type VerifyOptions = LocalOptions & TrustOptions & { checkpoint?: string; tiles?: string };

/** What was verified, for programs and for people. */
interface Verified {
  what: 'copy' | 'history';
  origin: string;
  commits: number;
  checkpoint: OpenedCheckpoint | null;
  findings: readonly Finding[];
  warnings: readonly Finding[];
}

/** `freehold audit verify`: offline; everything that is wrong, named by position. */
export const auditVerifyCommand = (context: CommandContext): Command =>
  command('verify <what>', {
    summary: 'whether a copy of a log, a bag, a pack or a proof is what its provider signed; offline',
    example: 'audit verify ./log-copy --checkpoint ./kept.txt --key @provider.vkey',
  })
    .requiredOption('--key <key>', KEY_HELP)
    .option('--checkpoint <file>', 'the checkpoint that you kept; without one, its own is taken')
    .option('--witness <key>', 'verifier key of a witness that you trust, or @file; again for each', collect, [])
    .option('--quorum <n>', 'how many of these witnesses must have signed', wholeNumber(0, 100), 0)
    .option(
      '--tiles <folder>',
      'tiles of the log from elsewhere, to name places when those of the copy were changed too',
    )
    .action(
      onEvidence<VerifyOptions>(context, async (output, options, [what = '']) => {
        const trust = await trustOf(options);
        const target = await verifyTargetOf(what);
        const kept = options.checkpoint === undefined ? null : await readCheckpoint(options.checkpoint, trust);
        const verified =
          target.kind === 'copy'
            ? await verifiedCopy(output, target.folder, { trust, kept, tiles: options.tiles })
            : await verifiedHistory(target, { trust, kept });
        return say(output, what, verified);
      }),
    );

interface CopyOptions {
  trust: Trust;
  kept: OpenedCheckpoint | null;
  tiles: string | undefined;
}

async function verifiedCopy(
  output: LocalOutput,
  folder: string,
  { trust, kept, tiles }: CopyOptions,
): Promise<Verified> {
  const files = folderCopy(folder);
  const own = await ownCheckpoint(folder, trust, kept);
  const against = kept ?? own.checkpoint;
  if (against === null) throw new EvidenceRefused(`${folder} cannot be verified`, own.findings);
  const work = { title: `verify ${folder}`, quiet: output.json };
  const { findings, leaves } = await withProgress(output.terminal, work, (onProgress) => {
    const done = { filesDone: 0, bytesDone: 0 };
    return verifyCopy({
      files,
      kept: against.checkpoint,
      own: own.checkpoint?.checkpoint,
      ...(tiles === undefined ? {} : { tiles: folderCopy(tiles) }),
      onBundle: ({ bytes }) => {
        done.filesDone += 1;
        done.bytesDone += bytes;
        onProgress({ ...done, files: Math.ceil(against.checkpoint.size / 256), bytes: null });
      },
    });
  });
  return {
    ...{ what: 'copy', origin: trust.origin, commits: leaves, checkpoint: against },
    findings: [...own.findings, ...findings],
    warnings: kept === null ? [ITS_OWN] : [],
  };
}

/** The copy's own: wrong by itself, it is a finding, and the kept one is compared all the same. */
async function ownCheckpoint(folder: string, trust: Trust, kept: OpenedCheckpoint | null) {
  const note = await folderCopy(folder).get('checkpoint');
  if (note === null && kept === null) {
    throw new CommandFailure(`${folder} has no checkpoint`, 'Give the one that you kept: --checkpoint <file>.');
  }
  if (note === null) return { checkpoint: null, findings: [] };
  try {
    const quorum = kept === null ? trust.quorum : 0;
    return { checkpoint: openTrusted(note, { ...trust, quorum }, join(folder, 'checkpoint')), findings: [] };
  } catch (error) {
    if (!(error instanceof EvidenceRefused)) throw error;
    return {
      checkpoint: null,
      findings: error.findings.map((each) => ({
        ...each,
        pointer: `/checkpoint${each.pointer.replace(/^\/checkpoint/, '')}`,
      })),
    };
  }
}

async function verifiedHistory(
  target: HistoryFiles & { pack: string | null },
  { trust, kept }: Pick<CopyOptions, 'trust' | 'kept'>,
): Promise<Verified> {
  const { findings, warnings, commits, checkpoint } = await verifyHistoryFiles(target, trust, kept);
  const rest =
    target.pack === null || checkpoint === null || findings.length > 0
      ? { findings: [], warnings: [] }
      : await checkPack(target.pack, checkpoint);
  return {
    ...{ what: 'history', origin: trust.origin, commits, checkpoint },
    findings: [...findings, ...rest.findings],
    warnings: [...warnings, ...rest.warnings],
  };
}

function say(output: LocalOutput, path: string, verified: Verified): ExitCode {
  const { findings, warnings, checkpoint, ...rest } = verified;
  const valid = findings.length === 0;
  const signed = checkpoint === null ? null : checkpointOf(checkpoint);
  if (valid || output.json)
    output.show({ valid, ...rest, checkpoint: signed, findings, warnings }, () => validText(verified));
  else output.findings(`${path} is not what ${rest.origin} signed.`, findings);
  output.warnings(warnings);
  return valid ? EXIT.ok : EXIT.refused;
}

const checkpointOf = ({ checkpoint, cosigned }: OpenedCheckpoint) => ({
  size: checkpoint.size,
  root: Buffer.from(checkpoint.root).toString('base64'),
  cosigned: cosigned.map(({ name, at }) => ({ name, at: new Date(at * 1_000).toISOString() })),
});

function validText({ what, origin, commits, checkpoint }: Verified): string {
  const { cosigned = [] } = checkpoint === null ? {} : checkpointOf(checkpoint);
  return [
    what === 'copy'
      ? `All ${count(commits)} commits are those that ${origin} signed: every byte, every time, none missing.`
      : `All ${count(commits)} commits of this history stand in the log ${origin}, unchanged, none left out between them.`,
    ...cosigned.map(({ name, at }) => `Cosigned by ${name} at ${at}.`),
  ].join('\n');
}

const ITS_OWN: Finding = {
  pointer: '/checkpoint',
  code: 'own-checkpoint',
  detail:
    'It was compared with its own checkpoint only: a log that was rewritten and signed again would look the same.',
  hint: 'Keep a checkpoint of today, apart from the provider, and give it with --checkpoint next time.',
};
