import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, stat, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { IdentityFileUnusable } from './vault-failure.js';

/** An age key pair: `identity` (`AGE-SECRET-KEY-1…`) is secret, `recipient` (`age1…`) public. */
export interface Identity {
  identity: string;
  recipient: string;
}

/**
 * Makes a new key pair in a file of mode 0600, in the form of age-keygen; whole and on disk, or not at all.
 * @throws the file system's EEXIST when the file is there.
 */
export async function createIdentityFile(file: string): Promise<Identity> {
  const made = await generateIdentity();
  const temporary = await writtenBeside(file, [made]);
  try {
    await link(temporary, file);
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(file));
  return made;
}

export async function generateIdentity(): Promise<Identity> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Puts these in place of what is in the file, in this order; a crash leaves the old or the new content, on disk. */
export async function replaceIdentities(file: string, identities: readonly Identity[]): Promise<void> {
  await rename(await writtenBeside(file, identities), file);
  await syncFolder(dirname(file));
}

async function writtenBeside(file: string, identities: readonly Identity[]): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(
      identities.map(({ identity, recipient }) => `# public key: ${recipient}\n${identity}\n`).join(''),
    );
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

/** The first of {@link readIdentities}. */
export async function readIdentityFile(file: string): Promise<Identity | undefined> {
  return (await readIdentities(file))[0];
}

/**
 * Those in the file, in its order; none when there is no such file.
 * @throws {@link IdentityFileUnusable} when others may read it or when it holds no age identity.
 */
export async function readIdentities(file: string): Promise<Identity[]> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new IdentityFileUnusable(
        file,
        `may be read by others (mode ${(mode & 0o777).toString(8)})`,
        `chmod 600 ${file}`,
      );
    }
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
    const found = lines.filter((line) => line.startsWith('AGE-SECRET-KEY-')).map((line) => line.trim());
    if (found.length === 0) {
      throw new IdentityFileUnusable(file, 'holds no age identity', 'It must have a line AGE-SECRET-KEY-1…');
    }
    return await Promise.all(
      found.map(async (identity) => ({ identity, recipient: await recipientOf(file, identity) })),
    );
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

async function recipientOf(file: string, identity: string): Promise<string> {
  try {
    return await identityToRecipient(identity);
  } catch {
    // The library's message may quote what it could not read, so it is not kept.
    throw new IdentityFileUnusable(file, 'holds a damaged age identity', 'Put the file back from where it was kept.');
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
