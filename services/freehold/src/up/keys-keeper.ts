import { tidyProviderKeys } from '@freehold/peer';
import { log, RegularLook } from '@freehold/platform';
import type { Installation } from './installation.js';
import { underKeysLockIfFree } from './keys-lock.js';
import { ensureLogKeys } from './log-key.js';
import { providerKeyFile } from './provider-keys.js';
import { ensureSignerKeys, signersOf } from './signer-keys.js';

const LOOK_EVERY_MS = 60_000;

/** Takes away what a change of keys has left, also of one that was interrupted: private parts that sign nothing any more. */
export const keysKeeper = (home: string, installation: Installation, everyMs = LOOK_EVERY_MS): RegularLook =>
  new RegularLook(
    async () => {
      try {
        await underKeysLockIfFree(home, async () => {
          ensureSignerKeys(home, signersOf(installation));
          ensureLogKeys(home);
          await tidyProviderKeys(providerKeyFile(home));
        });
      } catch (error) {
        log().error({ err: error }, 'keys that have served their time cannot be taken away');
      }
    },
    { everyMs, failed: 'keys could not be looked at' },
  );
