import { connectToNats } from '@freehold/platform';
import { FolderTakenError, takeLock } from '@freehold/supervisor';
import { kvStore, rotateMasterKey } from '@freehold/vault';
import { join } from 'node:path';
import { CommandFailure } from '../cli/command-failure.js';
import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import type { Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { knownInstallation } from './known-installation.js';
import { ADMIN, CELL_ACCOUNT } from './nats-users.js';
import { masterKeyFile, readConfiguration } from './service-configuration.js';

export interface RotateOptions {
  home?: string;
  json?: boolean;
}

/** On the machine of the installation, which runs. One at a time: each would take the other's new key away. */
export async function rotateMasterKeyOf(
  options: RotateOptions,
  terminal: Terminal,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { home } = knownInstallation(options.home, surroundings);
  const lock = lockOf(home);
  try {
    const admin = await adminOf(home);
    try {
      const { rewrapped, retiredFile } = await rotateMasterKey({
        store: await kvStore(admin),
        masterKeyFile: masterKeyFile(home),
      });
      terminal.out(
        options.json === true
          ? JSON.stringify({ rewrapped, retiredFile }, undefined, 2)
          : `The master key is another one now; ${rewrapped} keys were wrapped anew. Copy it away from this machine: ${masterKeyFile(home)}\n` +
              `The old one lies in ${retiredFile}: backups from before need it. Once none is kept any more:\n  shred -u ${retiredFile}`,
      );
      return EXIT.ok;
    } finally {
      await admin.close();
    }
  } finally {
    lock.release();
  }
}

async function adminOf(home: string) {
  try {
    return await connectToNats({
      servers: readConfiguration(home, 'accounts')['FREEHOLD_NATS_URL'] ?? '',
      name: 'master-key',
      seedFile: join(home, 'keys', `nats-${CELL_ACCOUNT}-${ADMIN}.seed`),
      waits: false,
    });
  } catch (cause) {
    throw new CommandFailure(
      `The installation in ${home} does not run`,
      `Start it, and type this again in another terminal: freehold up --home ${home}`,
      EXIT.unavailable,
      { cause },
    );
  }
}

function lockOf(home: string) {
  try {
    return takeLock(join(home, 'keys', 'master.key.rotation'));
  } catch (error) {
    if (!(error instanceof FolderTakenError)) throw error;
    throw new CommandFailure(`Process ${error.holder.pid} rotates the master key at this moment`, 'Wait for its end.');
  }
}
