import { checkBag, type CheckedBag } from '@freehold/bag';
import type { CheckedHistory } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command, type CommandContext } from '../../cli/command-context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { bytes } from '../../output/durations.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { KEY_HELP, trustOf } from '../audit/trusted-input.js';
import { verifyHistoryFiles } from '../audit/verify-history.js';
import { onBags } from './bag-action.js';

/** `freehold bag check`: everything that is wrong, at once. */
export const checkCommand = (context: CommandContext): Command =>
  command('check <bag>', {
    summary: 'whether a bag is complete and valid; lists everything that is wrong',
    example: 'bag check ./choir.bag',
  })
    .option('--holey', 'files of fetch.txt may be absent')
    .option('--key <key>', `also verify its history by ${KEY_HELP}`)
    .action(
      onBags<CheckOptions>(context, async (output, { holey = false, key }, [bag = '']) => {
        const work = { title: `check ${bag}`, quiet: output.json };
        const checked = await withProgress(output.terminal, work, (onProgress) => checkBag(bag, { holey, onProgress }));
        const history = key === undefined ? NOT_ASKED : await historyOf(bag, key);
        const findings = [...checked.findings, ...history.findings];
        const warnings = [...checked.warnings, ...history.warnings];
        const { summary } = checked;
        const valid = findings.length === 0;
        if (valid || output.json) {
          const absent = absentOf(checked);
          const said = { valid, findings, warnings, summary, absent, history: history.said };
          output.show(said, () => validText(checked, history.said));
        } else output.findings('The bag is not valid.', findings);
        output.warnings(warnings);
        return valid ? EXIT.ok : EXIT.refused;
      }),
    );

type CheckOptions = LocalOptions & { holey?: boolean; key?: string };

interface HistorySaid {
  commits: number;
  through: string | null;
  log: string;
}

interface History extends Pick<CheckedHistory, 'findings' | 'warnings'> {
  said: HistorySaid | null;
}

const NOT_ASKED: History = { findings: [], warnings: [], said: null };

/** What happened to it, held against its proof. */
async function historyOf(bag: string, key: string): Promise<History> {
  const trust = await trustOf({ key, witness: [], quorum: 0 });
  const [history, proof] = ['history.jsonl', 'history.proof'].map((name) => join(bag, 'data', name));
  if (!existsSync(history!) || !existsSync(proof!)) return { ...NOT_ASKED, warnings: [notProven] };
  const files = { history: history!, proof: proof! };
  const { findings, warnings, commits, through } = await verifyHistoryFiles(files, trust, null);
  return { findings, warnings, said: { commits, through, log: trust.origin } };
}

const notProven: Finding = {
  pointer: '/data/history.proof',
  code: 'history-not-proven',
  detail: 'It holds no history.jsonl with its history.proof: what happened to it is not proven.',
  hint: 'Ask its provider for a proof of the history: freehold audit pack.',
};

/** `bytes`: as far as fetch.txt says. */
const absentOf = ({ absent }: CheckedBag) => ({
  files: absent.length,
  bytes: absent.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
});

function validText(checked: CheckedBag, history: HistorySaid | null): string {
  const { payloadFiles = 0, payloadBytes = 0, tagManifestSha256 = '' } = checked.summary ?? {};
  const absent = absentOf(checked);
  return [
    `The bag is valid: ${count(payloadFiles)} files, ${bytes(payloadBytes)}.`,
    ...(absent.files === 0
      ? []
      : [`${count(absent.files)} of them (${bytes(absent.bytes)}) are not here, but in fetch.txt.`]),
    ...(history === null
      ? []
      : [
          `${count(history.commits)} commits of its history, up to ${history.through}, stand in the log ${history.log}.`,
        ]),
    ...(tagManifestSha256 === '' ? [] : [`SHA-256 of its tag manifest: ${tagManifestSha256}`]),
  ].join('\n');
}
