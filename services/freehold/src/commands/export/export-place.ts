import { Id } from '@freehold/kernel';
import { createIdentityFile, type Identity, readIdentityFile } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';
import { hasCode, readIfThere, writePrivate } from '../../private-file.js';

/** What is known of an export that is under way, so that the same command goes on with it. Nothing secret. */
const Started = z.object({
  address: z.string(),
  operator: Id,
  deployment: Id,
  recipient: z.string(),
  keyFile: z.string(),
  /** Of the request that began it: the same again has one effect. */
  idempotencyKey: z.string(),
  begun: z.object({ export: Id, process: Id }).nullable(),
});
export type Started = z.infer<typeof Started>;

/**
 * A bag's folder, and what lies beside it while it is fetched:
 *
 *     <into>/                  the bag; files come into it when their digests were right
 *     <into>.partial/          files that are not whole yet
 *     <into>.export.json       what is under way; gone when the bag is whole
 *     <into>.key.txt           the age identity (0600), unless another file was named
 */
export class ExportPlace {
  readonly bag: string;

  constructor(into: string) {
    this.bag = resolve(into);
  }

  get keyFile(): string {
    return `${this.bag}.key.txt`;
  }

  get #file(): string {
    return `${this.bag}.export.json`;
  }

  /** Null: nothing is under way here, and the folder is free. @throws CommandFailure where something else lies there */
  async started(): Promise<Started | null> {
    const text = readIfThere(this.#file);
    if (text !== undefined) return parsed(text, this.#file);
    const names = await readdir(this.bag).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      if (!hasCode(error, 'ENOTDIR')) throw error;
      return [this.bag];
    });
    if (names.length === 0) return null;
    throw new CommandFailure(
      `There is something at ${this.bag} already, and no export of it is under way`,
      'Name a folder that is not there, or is empty. A bag that is whole is looked at with: freehold bag check',
      EXIT.refused,
    );
  }

  keep(started: Started): Started {
    writePrivate(this.#file, `${JSON.stringify(started, undefined, 2)}\n`);
    return started;
  }

  /** The bag is whole, or nothing of it will ever come. Keys stay: one that is there may open an earlier bag. */
  forget(): Promise<void> {
    return rm(this.#file, { force: true });
  }

  /** @param named by the user: it has to be there. Otherwise the one beside the bag, made if it is missing. */
  async key(named: string | undefined): Promise<Identity & { file: string }> {
    const file = named === undefined ? this.keyFile : resolve(named);
    const known = await readIdentityFile(file);
    if (known !== undefined) return { ...known, file };
    if (named === undefined) return { ...(await createIdentityFile(file)), file };
    throw new CommandFailure(
      `There is no key file ${file}`,
      'Make one with "age-keygen -o <file>", or leave --key out: then one is made beside the bag.',
      EXIT.notFound,
    );
  }
}

export const newKey = (): string => randomUUID();

function parsed(text: string, file: string): Started {
  try {
    return Started.parse(JSON.parse(text));
  } catch {
    throw new CommandFailure(
      `${file} is no note of an export`,
      `Remove it, and the folder that it belongs to; then export again.`,
      EXIT.refused,
    );
  }
}
