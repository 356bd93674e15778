import { fetchCopy, folderCopy, type OpenedCheckpoint } from '@freehold/evidence';
import type { Command } from 'commander';
import { command, type CommandContext } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { LocalOptions } from '../../cli/local-command.js';
import { bytes } from '../../output/durations.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import { readProfile } from '../../profile/profile.js';
import { EvidenceRefused, onEvidence } from './audit-action.js';
import { LogSource } from './log-source.js';
import { KEY_HELP, openTrusted, trustOf } from './trusted-input.js';

type CopyOptions = LocalOptions & { to: string; key: string };

/** `freehold audit copy`: the whole log into a folder, as it would be served; the same again fetches what is new. */
export const auditCopyCommand = (context: CommandContext): Command =>
  command('copy [log]', {
    summary: 'fetch a provider’s log into a folder: checkpoint, tiles, commits; the same again goes on where it was',
    example: 'audit copy https://cloud.example/log --to ./log-copy --key @provider.vkey',
  })
    .requiredOption('--to <folder>', 'where the copy is, or comes')
    .requiredOption('--key <key>', KEY_HELP)
    .action(
      onEvidence<CopyOptions>(context, async (output, { to, key }, [log]) => {
        const trust = await trustOf({ key, witness: [], quorum: 0 });
        const source = logSourceOf(context, log);
        const head = await newestCheckpoint(source, trust);
        const before = await headOfCopy(to, trust);
        const { size } = head.opened.checkpoint;
        if (before !== null && before.checkpoint.size > size) throw older(source.url, before.checkpoint.size, size);
        const done = { filesDone: 0, bytesDone: 0 };
        const work = { title: `copy ${source.url}`, quiet: output.json };
        const copied = await withProgress(output.terminal, work, (onProgress) =>
          fetchCopy({
            log: source,
            folder: to,
            head: { ...head.opened.checkpoint, note: head.note },
            before: before?.checkpoint ?? null,
            onBundle: ({ bytes: length, fetched }) => {
              done.filesDone += 1;
              done.bytesDone += fetched ? length : 0;
              const files = Math.ceil(size / 256) - Math.floor((before?.checkpoint.size ?? 0) / 256);
              onProgress({ ...done, files, bytes: null });
            },
          }),
        );
        if (copied.kind === 'refused')
          throw new EvidenceRefused(`${source.url} is not what it signed`, copied.findings);
        const added = size - (before?.checkpoint.size ?? 0);
        output.show({ folder: to, origin: trust.origin, commits: size, added, bytes: done.bytesDone }, () =>
          [
            `${to} holds all ${count(size)} commits of ${trust.origin}; ${count(added)} are new (${bytes(done.bytesDone)}).`,
            'Keep a checkpoint apart from it, and from the provider; later compare:',
            `  freehold audit verify ${to} --checkpoint <kept> --key ${key}`,
          ].join('\n'),
        );
        return EXIT.ok;
      }),
    );

/** The log that is named; otherwise that of the profile, whose key goes along where it belongs. */
export function logSourceOf({ surroundings }: CommandContext, log: string | undefined): LogSource {
  const profile = readProfile(surroundings.profileFile);
  const url = log ?? (profile === undefined ? undefined : `${profile.address}/log`);
  if (url === undefined) {
    throw new CommandFailure('No log is named', 'Name its address, such as https://cloud.example/log.');
  }
  const isOwn = profile !== undefined && URL.canParse(url) && new URL(url).origin === new URL(profile.address).origin;
  return new LogSource({ url, bearer: isOwn ? profile.key : undefined });
}

export async function newestCheckpoint(source: LogSource, trust: Parameters<typeof openTrusted>[1]) {
  const bytes = await source.get('checkpoint');
  if (bytes === null) {
    throw new CommandFailure(
      `${source.url} has no checkpoint`,
      'Check the address; a log has none before its first commit is signed.',
      EXIT.notFound,
    );
  }
  const opened = openTrusted(bytes, trust, `The checkpoint of ${source.url} cannot be believed`);
  return { opened, note: Buffer.from(bytes).toString('utf8') };
}

async function headOfCopy(folder: string, trust: Parameters<typeof openTrusted>[1]): Promise<OpenedCheckpoint | null> {
  const note = await folderCopy(folder).get('checkpoint');
  return note === null ? null : openTrusted(note, trust, `The checkpoint in ${folder} cannot be believed`);
}

const older = (url: string, before: number, now: number) =>
  new EvidenceRefused(`${url} shows less than the copy has`, [
    {
      pointer: '/checkpoint',
      code: 'log-shrunk',
      detail: `The copy has ${before} commits that this log signed, and now it says that it has ${now}.`,
      hint: 'Try again: an old answer may have been kept on the way. If it stays so, the log was cut: keep the copy as evidence.',
    },
  ]);
