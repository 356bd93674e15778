import {
  noteCosigners,
  type NoteSignature,
  parseVerifierKey,
  readNoteKeys,
  type ToldKeys,
  toldKeys,
  withNextNoteKey,
  withoutRetiredNoteKeys,
  writeWhole,
} from '@freehold/evidence';
import { generateKeyPairSync } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CommandFailure } from '../../cli/command-failure.js';
import { createPrivate, readIfThere, writePrivate } from '../../private-file.js';

/**
 * What a witness of `audit watch` cosigns with: one key, or for a while after a change two (note-key-file of
 * \@freehold/evidence). For whoever has the folder's lock.
 */
export class WitnessKeys {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
    private text: string,
  ) {}

  /**
   * Makes the first one, which keeps its name for ever.
   *
   * @param name default: that which it has, or the machine's
   * @throws CommandFailure when it has another one
   */
  static async open(folder: string, name?: string): Promise<WitnessKeys> {
    const known = nameIn(folder);
    if (known !== undefined && name !== undefined && known !== name) {
      throw new CommandFailure(
        `The witness in ${folder} is called ${known}`,
        'Leave out --name, or name another folder: those who trust it know it by that name.',
      );
    }
    const text = createPrivate(privateFile(folder), newKey);
    const keys = new WitnessKeys(folder, known ?? name ?? `${hostname()}/witness`, text);
    await keys.#publish();
    return keys;
  }

  /** Null: there is no witness in that folder. */
  static openExisting(folder: string): WitnessKeys | null {
    const [text, name] = [readIfThere(privateFile(folder)), nameIn(folder)];
    return text === undefined || name === undefined ? null : new WitnessKeys(folder, name, text);
  }

  /** Lines for a note. Private keys whose time is over are gone afterwards. @param at milliseconds since 1970 */
  lines(note: string, at: number): NoteSignature[] {
    this.#keep(this.text, at);
    return noteCosigners(this.name, readNoteKeys(this.#file, this.text), at).lines(note, Math.floor(at / 1_000));
  }

  /** Another key signs from now on, and those before it along with it for so long. */
  async change(overlapMs: number): Promise<ToldKeys> {
    const [from, until] = [new Date(), new Date(Date.now() + overlapMs)];
    const next = { name: this.name, type: 'cosignature', from, until } as const;
    this.#keep(withNextNoteKey(this.#file, this.text, next), Date.now());
    return this.#publish();
  }

  /** Without those that sign no more. */
  #keep(text: string, at: number): void {
    this.text = withoutRetiredNoteKeys(this.#file, text, at);
    writePrivate(this.#file, this.text);
  }

  async #publish(): Promise<ToldKeys> {
    const keys = readNoteKeys(this.#file, this.text);
    const told = toldKeys(keys, { name: this.name, type: 'cosignature' }, Date.now());
    await writeWhole(publicFile(this.folder), Buffer.from(`${told.key}\n`));
    return told;
  }

  get #file(): string {
    return privateFile(this.folder);
  }
}

const privateFile = (folder: string): string => join(folder, 'witness.pem');
const publicFile = (folder: string): string => join(folder, 'witness.vkey');

function nameIn(folder: string): string | undefined {
  const known = parseVerifierKey((readIfThere(publicFile(folder)) ?? '').trim());
  return known.kind === 'refused' ? undefined : known.value.name;
}

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
