import { beginVolume, type VolumeState, volumeStates } from '@freehold/log';
import type { CommandContext } from '../cli/command-context.js';
import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import { bytes } from '../output/durations.js';
import { type Column, table } from '../output/table.js';
import { knownHome } from '../up/home.js';
import { asAdministrator } from './administrator.js';
import { volumeSize } from './disk-room.js';

export interface VolumesOptions {
  home?: string;
  json?: boolean;
}

type Context = Pick<CommandContext, 'terminal' | 'surroundings'>;

const COLUMNS: readonly Column<VolumeState>[] = [
  { title: 'VOLUME', value: ({ volume }) => String(volume) },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'COMMITS', value: ({ commits }) => String(commits) },
  { title: 'SIZE', value: ({ sizeBytes }) => bytes(sizeBytes) },
  { title: 'LEFT', value: ({ status, sizeBytes, maxBytes }) => (status === 'open' ? bytes(maxBytes - sizeBytes) : '') },
];

export async function showVolumes(options: VolumesOptions, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const volumes = await asAdministrator(homeOf(options, context), volumeStates);
  terminal.out(options.json === true ? JSON.stringify(volumes, undefined, 2) : table(volumes, COLUMNS, terminal));
  if (options.json !== true && volumes.at(-1)?.status === 'closed')
    terminal.err('The next one is about to begin. If it was interrupted, freehold up goes on with it within a second.');
  return EXIT.ok;
}

export async function newVolume(options: VolumesOptions, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const home = homeOf(options, context);
  const ended = await asAdministrator(home, async (connection) => {
    const next = (await volumeStates(connection)).length + 1;
    return beginVolume(connection, { maxBytes: volumeSize(home, next) });
  });
  if (options.json === true) terminal.out(JSON.stringify(ended));
  else if (ended.kind === 'begun') terminal.out(`Volume ${ended.volume} has begun.`);
  else for (const { detail, hint } of ended.findings) terminal.err(`${detail} ${hint}`);
  return ended.kind === 'begun' ? EXIT.ok : EXIT.refused;
}

const homeOf = ({ home }: VolumesOptions, { surroundings }: Context): string => knownHome(home, surroundings);
