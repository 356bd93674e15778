import { applications } from '@freehold/catalog-contract';
import { Command } from 'commander';
import { text } from 'node:stream/consumers';
import { ApiClient } from '../api/api-client.js';
import type { CommandContext } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { EXIT } from '../cli/exit-codes.js';
import { readProfile, writeProfile } from '../profile/profile.js';

interface LoginOptions {
  address?: string;
  key?: string;
  keyStdin?: boolean;
}

/** `freehold login`: keeps an address and a key for this user, once the address accepts the key. */
export function loginCommand({ terminal, surroundings, finish }: CommandContext): Command {
  return new Command('login')
    .summary('keep an address and a key for the commands that follow')
    .description('Keeps an address and a key for the commands that follow, after trying them.')
    .option('--address <url>', 'of the API; the present one unless given')
    .option('--key-stdin', 'read the key from standard input')
    .option('--key <key>', 'the key itself; others on this machine may see it in the list of processes')
    .addHelpText('after', '\nExample:\n  $ freehold login --address http://127.0.0.2:8420 --key-stdin < key.txt')
    .action(async ({ address: given, key: shown, keyStdin }: LoginOptions) => {
      const { profileFile } = surroundings;
      const present = readProfile(profileFile);
      const address = (given ?? present?.address)?.replace(/\/+$/, '');
      if (address === undefined) throw new CommandFailure('No address is known', 'Add --address http://…');
      const key = (keyStdin === true ? await text(process.stdin) : (shown ?? '')).trim();
      if (key === '') throw new CommandFailure('No key was given', 'Add --key-stdin and pipe the key in');
      await new ApiClient({ address, key }).call(applications.list, { params: {}, body: { limit: 1 } });
      writeProfile(profileFile, { ...(present?.address === address ? present : {}), address, key });
      terminal.out(`The key is accepted at ${address}; kept in ${profileFile}.`);
      finish(EXIT.ok);
    });
}
