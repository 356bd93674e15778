/**
 * An application package as a value: what a folder with an `app.yaml` says, checked as a whole.
 *
 * Owns: the words of `app.yaml` (the files *.schema.ts), what must agree inside a package (package.agreement.ts),
 * settings against their schema, the resource mapping, secrets to make, and rendering.
 * Invariants: a loaded package is free of findings; everything here is a function of its arguments; values enter
 * documents as values, never as text; a secret reaches only files that nobody else can read, and hooks that ask for it.
 * After a crash: nothing is kept here; loading and rendering again give the same octets.
 */
import type { Finding } from '@freehold/kernel';
import type { AppDescription } from './description.schema.js';

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A file of a package: its path below the package's folder and its octets. */
export interface PackageFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A package without findings. `files` are all of its files, ordered by path; `digest` is its archive's (sha-256, hex). */
export interface ApplicationPackage {
  readonly description: AppDescription;
  readonly settingsSchema: JsonObject;
  readonly files: readonly PackageFile[];
  readonly digest: string;
  /** There once an agent has laid it out. */
  readonly placed?: Placed;
}

/** Where a package lies on a host (absolute), and the folders of the host's programs by name: `{ postgres: '/usr/…/bin' }`. */
export interface Placed {
  readonly folder: string;
  readonly host: Readonly<Record<string, string>>;
}

export type LoadResult =
  | { readonly kind: 'loaded'; readonly package: ApplicationPackage }
  | { readonly kind: 'refused'; readonly findings: Finding[] };

/** The text of a package's file, or undefined where there is none (or it is not UTF-8). */
export function packageText(files: readonly PackageFile[], path: string): string | undefined {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.content);
  } catch {
    return undefined;
  }
}

/** A JSON pointer (RFC 6901) from its parts. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** True for an object that is neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
