import { z } from 'zod';

/** A short name inside a package: of a unit, a port, a part, a secret. */
export const ShortName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'use small letters, digits and single hyphens')
  .max(60);

/** What a domain name is for, in the application's own words: `web`, `server name`. */
export const Purpose = z
  .string()
  .regex(/^[a-z][a-z0-9]*([ -][a-z0-9]+)*$/, 'use small letters, digits, single spaces or hyphens')
  .max(60);

/** A path below the deployment's or the package's folder: relative, with `/`, never climbing out of it. */
export const InnerPath = z
  .string()
  .min(1)
  .max(200)
  .refine(
    isInnerPath,
    'use a relative path with letters, digits and . _ - between single /, without . or .. as a part',
  );

/** True for a path that stays inside the folder it is put below, on every operating system. */
export function isInnerPath(path: string): boolean {
  return path
    .split('/')
    .every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !part.endsWith('.') && part !== '.' && part !== '..');
}

/** A file mode as four octal digits, for example `0400`. */
export const FileMode = z.string().regex(/^0[0-7]{3}$/, 'write four octal digits, for example 0400');

/** Milliseconds, from one to an hour. */
export const DurationMs = z.int().min(1).max(3_600_000);
