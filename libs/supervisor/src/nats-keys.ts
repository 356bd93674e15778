import { createUser } from '@nats-io/nkeys';
import { join } from 'node:path';
import { userPublicKey } from './nkey.js';
import { createPrivate } from './private-file.js';

/** Where the seed (secret key) of a user lies, mode 0600. */
export function natsSeedFile(folder: string, account: string, user: string): string {
  return join(folder, 'keys', `nats-${account}-${user}.seed`);
}

/** Public key of the user; its seed is made if there is none yet. */
export function natsPublicKey(folder: string, account: string, user: string): string {
  const file = natsSeedFile(folder, account, user);
  return userPublicKey(createPrivate(file, () => new TextDecoder().decode(createUser().getSeed())));
}
