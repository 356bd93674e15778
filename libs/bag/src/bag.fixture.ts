import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { BagFailure } from './bag-failure.js';
import { packBag } from './pack-bag.js';

export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** A fresh folder, removed at the end of its scope. */
export async function freshFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'freehold-bag-'));
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Packs `files` (paths below data/) into `folder`. */
export async function packTree(folder: string, files: Tree, info: Record<string, string> = {}) {
  const payload = Object.entries(files).map(([path, content]) => ({
    path: `data/${path}`,
    content: each([Buffer.from(content)]),
  }));
  return packBag(folder, { payload: each(payload), info });
}

export async function writeTree(folder: string, files: Tree): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** All files below a folder with their content, in the order of their names. */
export async function readTree(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.sort().map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'base64')]);
  return Object.fromEntries(await Promise.all(contents)) as Record<string, string>;
}

/** Edits a file of a bag and puts the tag manifest right again, so that only the edit itself can be found. */
export async function forge(bag: string, files: Tree): Promise<void> {
  await writeTree(bag, files);
  const names = (await readdir(bag)).filter((name) => name.endsWith('.txt') && !name.startsWith('tagmanifest-')).sort();
  const lines = await Promise.all(names.map(async (name) => `${sha256(await readFile(join(bag, name)))}  ${name}\n`));
  await writeFile(join(bag, 'tagmanifest-sha256.txt'), lines.join(''));
}

export const codes = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ code }) => code))].sort();

/** The findings a refusal carries; anything but a BagFailure is thrown on. */
export async function refusal(attempt: Promise<unknown>): Promise<readonly Finding[]> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof BagFailure) return error.findings;
    throw error;
  }
  return [];
}
