import { isNearlyFull, MOST_VOLUMES, type VolumeState, volumeStates } from '@freehold/log';
import { CommandFailure } from '../cli/command-failure.js';
import { type Check, notice, ok, problem } from '../doctor/checks.js';
import { bytes } from '../output/durations.js';
import { asAdministrator } from './administrator.js';
import { diskRoom } from './disk-room.js';

const FEW_VOLUMES = 8;
const BEGIN =
  'Say freehold log new-volume on its machine, which tells what is in the way; see <home>/log/freehold.log too.';

/** The log's volumes: what they hold, what is left, and whether somebody must do something. */
export function volumesCheck(volumes: readonly VolumeState[], freeDiskBytes: number): Check {
  const newest = volumes.at(-1);
  const sizeBytes = volumes.reduce((sum, each) => sum + each.sizeBytes, 0);
  const said = `${volumes.length} of at most ${MOST_VOLUMES} volumes, ${bytes(sizeBytes)}`;
  if (newest?.status !== 'open') return problem('log', `${said}; none is open`, BEGIN);
  const leftBytes = newest.maxBytes - newest.sizeBytes;
  const detail = `${said}; volume ${newest.volume} has room for ${bytes(leftBytes)} of ${bytes(newest.maxBytes)}`;
  if (isNearlyFull(newest)) return problem('log', `${detail}, and the next has not begun`, BEGIN);
  if (freeDiskBytes < leftBytes)
    return notice(
      'log',
      `${detail}, the disk for ${bytes(freeDiskBytes)}`,
      'Make room: the log stops when the disk is full.',
    );
  if (volumes.length > MOST_VOLUMES - FEW_VOLUMES)
    return notice('log', detail, 'Plan a further cell: docs/provider/growth-of-the-log.md.');
  return ok('log', detail);
}

/** Nothing where no installation runs, or its keys may not be read: the log is looked at on its machine. */
export async function logChecks(home: string): Promise<Check[]> {
  try {
    const volumes = await asAdministrator(home, volumeStates);
    return [volumesCheck(volumes, diskRoom(home).free)];
  } catch (error) {
    if (error instanceof CommandFailure) return [];
    throw error;
  }
}
