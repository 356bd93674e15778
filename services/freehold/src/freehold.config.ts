import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** The executable's own variables; those of the services stand in their schemas. */
export const ownVariables = z.object({
  profile: z.string().optional().describe('file with the address and key that the command line uses'),
  natsServer: z.string().optional().describe('path of nats-server; the bootstrap sets it'),
  natsMemoryMib: z
    .string()
    .optional()
    .describe('MiB of memory that nats-server keeps to; default by the size of the log'),
});

const Variables = z.object({
  FREEHOLD_PROFILE: z.string().min(1).optional(),
  FREEHOLD_NATS_SERVER: z.string().min(1).optional(),
  FREEHOLD_NATS_MEMORY_MIB: z.coerce.number().int().min(100).optional(),
  XDG_DATA_HOME: z.string().startsWith('/').optional().catch(undefined),
  XDG_STATE_HOME: z.string().startsWith('/').optional().catch(undefined),
  XDG_CONFIG_HOME: z.string().startsWith('/').optional().catch(undefined),
  NO_COLOR: z.string().optional(),
});

/** What the executable takes from around it. */
export interface Surroundings {
  readonly profileFile: string;
  /** By FREEHOLD_PROFILE: it is not the one that is taken where nothing is said. */
  readonly profileIsNamed: boolean;
  readonly natsServer: string | undefined;
  /** That nats-server keeps to where it can; undefined: no limit. */
  readonly natsMemoryBytes: number | undefined;
  /** Where an ordinary user's installations lie. */
  readonly dataFolder: string;
  /** Where they keep which of them has which address. */
  readonly stateFolder: string;
  /** https://no-color.org */
  readonly noColour: boolean;
  /** Everything, for the services' own schemas and OpenTelemetry. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function readSurroundings(environment: NodeJS.ProcessEnv = process.env): Surroundings {
  const read = Variables.parse(environment);
  const configFolder = join(read.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'freehold');
  return {
    profileFile: read.FREEHOLD_PROFILE ?? join(configFolder, 'profile.json'),
    profileIsNamed: read.FREEHOLD_PROFILE !== undefined,
    natsServer: read.FREEHOLD_NATS_SERVER,
    natsMemoryBytes: read.FREEHOLD_NATS_MEMORY_MIB === undefined ? undefined : read.FREEHOLD_NATS_MEMORY_MIB * 2 ** 20,
    dataFolder: join(read.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'freehold'),
    stateFolder: join(read.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'freehold'),
    noColour: (read.NO_COLOR ?? '') !== '',
    environment,
  };
}
