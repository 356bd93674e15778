import { z } from 'zod';
import type { ProcessIdentity } from './os-process.js';
import { readIfThere } from './private-file.js';

const processIdentity = z.object({ pid: z.int().positive(), startTime: z.number() });

/** The process that a record or lock file names; undefined when the file is missing, empty or not one of ours. */
export function readIdentity(path: string): ProcessIdentity | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return processIdentity.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
