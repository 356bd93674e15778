import { folderCopy } from '@freehold/evidence';
import { comparePositions, type Finding, type Moments, type Position } from '@freehold/kernel';
import { untilMoment } from '@freehold/platform';
import { CommandFailure } from '../../../cli/command-failure.js';
import { EXIT } from '../../../cli/exit-codes.js';
import type { LocalOptions, LocalOutput } from '../../../cli/local-command.js';
import { momentMeant } from '../../../cli/moment-input.js';
import { count, withProgress } from '../../../output/transfer-progress.js';
import { loadReplayables } from '../../../serve/replayables.js';
import { EvidenceRefused } from '../audit-action.js';
import { SignedLog } from '../pack/collect-pack.js';
import { openTrusted, readCheckpoint, type TrustOptions, trustOf } from '../trusted-input.js';
import { differencesIn, resourcesIn } from './replay-cell.js';
import { differenceLines, resourceLine } from './replay-text.js';
import { ScatteredCommits } from './scattered-commits.js';

export type ReplayOptions = LocalOptions &
  TrustOptions & { at?: string; from?: string; to?: string; checkpoint?: string; kind: string[]; scratch?: string };

/**
 * A whole cell at a moment, or what changed between two, from a copy of its log:
 *
 *     bundles, each compared with the checkpoint ─ up to the moment ─► scattered by aggregate ─► folded one after another
 *
 * Memory is bounded: 32 MiB that wait, and the aggregates of one file. Nothing is kept; whatever dies is begun again.
 */
export async function replayCopy(output: LocalOutput, folder: string, options: ReplayOptions): Promise<void> {
  const moments = momentsOf(options);
  const kinds = await kindsMeant(options.kind);
  const { log, origin } = await openCopy(folder, options);
  await using scattered = new ScatteredCommits(options.scratch);
  const read = await scatter(output, { log, scattered, moments, folder });
  if (output.json) output.terminal.out(JSON.stringify({ copy: folder, origin, ...read }));
  const told = new Map<string, number>();
  const say = (item: { kind: string; change?: string }, lines: () => string): void => {
    const title = item.change === undefined ? item.kind : `${item.kind} ${item.change}`;
    told.set(title, (told.get(title) ?? 0) + 1);
    output.terminal.out(output.json ? JSON.stringify(item) : lines());
  };
  const aggregates = scattered.aggregates();
  if (read.from === null) {
    for await (const each of resourcesIn(aggregates, kinds)) say(each, () => resourceLine(each, output.terminal));
  } else {
    for await (const each of differencesIn(aggregates, kinds, read.from))
      say(each, () => differenceLines(each, output.terminal));
  }
  if (!output.json) output.terminal.out(summary(read, told));
  output.warnings([
    ...(options.checkpoint === undefined ? [OWN_CHECKPOINT] : []),
    ...(read.isWhole ? [] : [endsEarlier(read.to)]),
  ]);
}

interface Meant {
  from: Moments['from'] | null;
  /** Null: the end of the copy. */
  to: Moments['from'] | null;
}

function momentsOf({ at, from, to }: ReplayOptions): Meant {
  if (at !== undefined && from === undefined && to === undefined) return { from: null, to: momentMeant(at) };
  if (at === undefined && from !== undefined)
    return { from: momentMeant(from), to: to === undefined ? null : momentMeant(to) };
  throw new CommandFailure('Say at which moment', 'Give --at <moment>, or two: --from <moment> --to <moment>.');
}

async function kindsMeant(wanted: readonly string[]) {
  const all = await loadReplayables();
  const unknown = wanted.find((kind) => all.every((each) => each.kind !== kind));
  if (unknown === undefined) return wanted.length === 0 ? all : all.filter(({ kind }) => wanted.includes(kind));
  throw new CommandFailure(`There is no kind "${unknown}"`, `Say one of: ${all.map(({ kind }) => kind).join(', ')}.`);
}

/** What is read of it is compared with its checkpoint; that with the one that was kept. */
async function openCopy(folder: string, options: ReplayOptions): Promise<{ log: SignedLog; origin: string }> {
  const trust = await trustOf(options);
  const files = folderCopy(folder);
  const note = await files.get('checkpoint');
  if (note === null)
    throw new CommandFailure(`${folder} is no copy of a log`, 'Make one: freehold audit copy.', EXIT.notFound);
  const { checkpoint } = openTrusted(note, trust, `The checkpoint of ${folder} cannot be believed`);
  const log = await SignedLog.open(files, { ...checkpoint, note: Buffer.from(note).toString('utf8') });
  const kept = options.checkpoint === undefined ? null : await readCheckpoint(options.checkpoint, trust);
  if (kept !== null && !(await log.continues(kept.checkpoint)))
    throw new EvidenceRefused(`${folder} does not continue the checkpoint that you kept`, [notContinued]);
  return { log, origin: trust.origin };
}

interface Read {
  /** How many commits make the state, or both. */
  commits: number;
  from: Position | null;
  to: Position;
  /** The copy shows that nothing more belongs to it; otherwise the log may go on before the moment. */
  isWhole: boolean;
}

const BEGINNING: Position = '1:0';

interface Reading {
  log: SignedLog;
  scattered: ScatteredCommits;
  moments: Meant;
  folder: string;
}

async function scatter(output: LocalOutput, { log, scattered, moments, folder }: Reading): Promise<Read> {
  const isBefore = moments.from === null ? () => false : untilMoment(moments.from);
  const isUpTo = moments.to === null ? () => true : untilMoment(moments.to);
  const read: Read = { commits: 0, from: moments.from === null ? null : BEGINNING, to: BEGINNING, isWhole: false };
  const { size } = log.head;
  await withProgress(output.terminal, { title: `read ${folder}`, quiet: output.json }, async (onProgress) => {
    const done = { filesDone: 0, bytesDone: 0 };
    const onBundle = (bytes: number): void => {
      done.filesDone += 1;
      done.bytesDone += bytes;
      onProgress({ ...done, files: Math.ceil(size / 256), bytes: null });
    };
    for await (const { position, time, subject, leaf } of log.commits(onBundle)) {
      if (isBefore({ position, time })) read.from = position;
      if (!isUpTo({ position, time })) {
        read.isWhole = true;
        break;
      }
      await scattered.add(subject, leaf);
      read.commits += 1;
      read.to = position;
    }
  });
  read.isWhole ||= moments.to === null || moments.to === read.to;
  if (read.from !== null && comparePositions(read.from, read.to) > 0)
    throw new CommandFailure('The first moment is after the second', 'Give the earlier as --from, the later as --to.');
  return read;
}

function summary({ commits, from, to }: Read, told: ReadonlyMap<string, number>): string {
  const kinds = [...told].map(([kind, number]) => `  ${kind}: ${count(number)}`);
  const moment = from === null ? `at ${to}` : `from ${from} to ${to}`;
  return [`${count(commits)} commits, each as it was signed, make this ${moment}:`, ...kinds].join('\n');
}

const notContinued: Finding = {
  pointer: '/checkpoint',
  code: 'checkpoint-inconsistent',
  detail: 'The log was rewritten since then, or the copy is older.',
  hint: 'Verify it (freehold audit verify) to see where it is not what was signed; keep both checkpoints.',
};

const OWN_CHECKPOINT: Finding = {
  pointer: '/checkpoint',
  code: 'own-checkpoint',
  detail:
    'It was compared with its own checkpoint only: a log that was rewritten and signed again would look the same.',
  hint: 'Give a checkpoint that you kept: --checkpoint <file>.',
};

const endsEarlier = (to: Position): Finding => ({
  pointer: '/to',
  code: 'copy-ends-earlier',
  detail: `The copy ends at ${to}; what was logged after it and up to the moment is not in it.`,
  hint: 'Fetch what is new (freehold audit copy), then replay again.',
});
