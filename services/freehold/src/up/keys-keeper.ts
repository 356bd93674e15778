import { log, RegularLook } from '@freehold/platform';
import type { Installation } from './installation.js';
import { underKeysLockIfFree } from './keys-lock.js';
import { ensureSignerKeys, signersOf } from './signer-keys.js';

const LOOK_EVERY_MS = 60_000;

/** Takes away what a change of keys has left, also of one that was interrupted: private parts that sign nothing any more. */
export const keysKeeper = (home: string, installation: Installation, everyMs = LOOK_EVERY_MS): RegularLook =>
  new RegularLook(
    async () => {
      try {
        underKeysLockIfFree(home, () => ensureSignerKeys(home, signersOf(installation)));
      } catch (error) {
        log().error({ err: error }, 'keys that have served their time cannot be taken away');
      }
    },
    { everyMs, failed: 'keys could not be looked at' },
  );
