import type { Finding } from '@freehold/kernel';
import { errnoOf } from '../backend/backend-failure.js';
import { GivenUp } from '../reconciler/failures.js';

const one = (pointer: string, code: string, detail: string, hint: string): Finding => ({ pointer, code, detail, hint });

export const sourceUnreachable = (patienceMs: number, cause: unknown): GivenUp => {
  const detail = `The source did not answer for ${Math.round(patienceMs / 1000)} s.`;
  const hint = 'What was fetched is kept: let the step be tried again once the source answers.';
  return new GivenUp([one('', 'source-unreachable', detail, hint)], cause);
};

const LIES = 'The source is not as it says; nothing of it was put in place. Ask its provider.';
export const listingUnreadable = (part: string, why: string): GivenUp =>
  new GivenUp([one(`/parts/${part}`, 'listing-unreadable', `The source’s list of the part ${part}: ${why}.`, LIES)]);
export const bagUnreadable = (what: string): GivenUp =>
  new GivenUp([one('', 'bag-unreadable', `The sealed bag: ${what}.`, LIES)]);
export const sealDiffers = (file: string): GivenUp =>
  new GivenUp([one(`/${file}`, 'seal-differs', `${file} is not the one that was sealed.`, LIES)]);
export const fileMissing = (path: string): Finding =>
  one(`/${path}`, 'file-missing', 'The source does not have this file of its own bag.', LIES);
export const contentDiffers = (path: string): Finding =>
  one(`/${path}`, 'content-differs', 'What the source sent has another size or digest than its bag says.', LIES);
export const tooLarge = (what: string): GivenUp => {
  const hint = 'Ask for a larger plan, or make the state smaller at the source.';
  return new GivenUp([one('', 'state-too-large', `There is more than was announced or is allowed: ${what}.`, hint)]);
};

export const environmentInUse = (want: string): GivenUp => {
  const detail = `The environment is wanted ${want}; state is put in place only where nothing runs.`;
  return new GivenUp([one('/environment', 'environment-in-use', detail, 'Stop it, then let the step be tried again.')]);
};
export const moveErased = (): GivenUp => {
  const detail = 'The move was given up while this was under way.';
  return new GivenUp([one('', 'move-given-up', detail, 'Begin a new one when it suits.')]);
};
export const notStopped: Finding = one(
  '/environment',
  'environment-not-stopped',
  'The environment did not come to rest in time, or is wanted otherwise by now.',
  'See why with "freehold show", then let the step be tried again.',
);
export const nothingCaptured = (detail: string): GivenUp =>
  new GivenUp([one('', 'state-missing', detail, 'Staff: look at the environment’s folder on the host.')]);

const DISK_HINT = 'Make room on the host’s disk, then let the step be tried again: what was fetched is kept.';
export const diskFull = (detail: string, cause?: unknown): GivenUp =>
  new GivenUp([one('', 'disk-full', detail, DISK_HINT)], cause);

/** A disk that ran full while anything was written is said as such; other failures stay as they are. */
export function withDiskNamed(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (['ENOSPC', 'EDQUOT'].includes(errnoOf(at) ?? '')) return diskFull('The disk of this host ran full.', error);
  }
  return error;
}
