import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import type { Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { originOf } from './installation.js';
import { underKeysLock } from './keys-lock.js';
import { knownInstallation } from './known-installation.js';
import { logKeyPlace, type NoteKeyPlace, witnessKeyPlace } from './log-key.js';
import { providerKeyFile } from './provider-keys.js';
import { rotateNoteKey } from './rotate-note-key.js';
import { rotateProviderKey } from './rotate-provider-key.js';
import { rotateSigningKeys } from './rotate-signing-keys.js';
import { signersOf } from './signer-keys.js';

/*
 * Changes of keys as they are typed, on the machine of the installation. They write files only: services look into them,
 * whether they run by `up` or one by one, and at the next start if none runs.
 */

export interface RotateOptions {
  home?: string;
  /** Seconds. */
  settle: number;
  /** Minutes. */
  overlap: number;
  json?: boolean;
}

/** For a minute nothing else would be seen. */
const sayWait = (terminal: Terminal, { settle }: RotateOptions): void =>
  terminal.err(
    `Announces another key, which signs in ${settle} s. If this is interrupted, nothing is lost: type it again, and it goes on.`,
  );

export async function rotateSigningKeysOf(
  options: RotateOptions,
  terminal: Terminal,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { home, installation } = knownInstallation(options.home, surroundings);
  sayWait(terminal, options);
  const rotated = await underKeysLock(home, () =>
    rotateSigningKeys({
      ...{ home, signers: signersOf(installation) },
      ...{ settleMs: options.settle * 1_000, overlapMs: options.overlap * 60_000 },
    }),
  );
  terminal.out(
    options.json === true
      ? JSON.stringify(rotated, undefined, 2)
      : `Services sign with other keys now${rotated.continued ? ': a change that had begun is at its end' : ''}. The old ones are gone from this machine, and refused from ${rotated.until} on.`,
  );
  return EXIT.ok;
}

export async function rotateProviderKeyOf(
  options: RotateOptions,
  terminal: Terminal,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const at = knownInstallation(options.home, surroundings);
  sayWait(terminal, options);
  const rotated = await underKeysLock(at.home, () =>
    rotateProviderKey({ ...at, settleMs: options.settle * 1_000, overlapMs: options.overlap * 60_000 }),
  );
  terminal.out(
    options.json === true
      ? JSON.stringify(rotated, undefined, 2)
      : `This provider signs with another key now: ${rotated.fingerprint}\nCopy it away from this machine: ${providerKeyFile(at.home)}\nRequests of the old one are refused from ${rotated.until ?? rotated.from} on; what it signed stays checkable.`,
  );
  return EXIT.ok;
}

export const rotateLogKeyOf = (options: RotateOptions, terminal: Terminal, surroundings: Surroundings) =>
  rotateNoteKeyOf(options, { terminal, surroundings, placeOf: logKeyPlace });

export const rotateWitnessKeyOf = (options: RotateOptions, terminal: Terminal, surroundings: Surroundings) =>
  rotateNoteKeyOf(options, { terminal, surroundings, placeOf: witnessKeyPlace });

async function rotateNoteKeyOf(
  options: RotateOptions,
  at: { terminal: Terminal; surroundings: Surroundings; placeOf: (home: string) => NoteKeyPlace },
): Promise<ExitCode> {
  const { home, installation } = knownInstallation(options.home, at.surroundings);
  const place = at.placeOf(home);
  sayWait(at.terminal, options);
  const rotated = await underKeysLock(home, () =>
    rotateNoteKey({
      ...{ home, place, origin: originOf(installation) },
      ...{ settleMs: options.settle * 1_000, overlapMs: options.overlap * 60_000 },
    }),
  );
  at.terminal.out(
    options.json === true
      ? JSON.stringify(rotated, undefined, 2)
      : `This ${place.title} signs with another key now:\n  ${rotated.key}\nTell it to those who keep the old one. That one signs along until ${rotated.until}, and then is gone from this machine; whatever it signed stays checkable.\nCopy both away from this machine: ${place.file}`,
  );
  return EXIT.ok;
}
