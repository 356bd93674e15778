import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { StateFailure } from '../state-failure.js';
import type { Tools } from '../state-part.js';
import { PROGRAM_PLACES } from './program-path.js';
import { runProgram } from './run-program.js';

/** The first of these names that is installed. */
export async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const place of PROGRAM_PLACES) {
      if (await isProgram(join(place, name))) return join(place, name);
    }
  }
  return undefined;
}

export async function needProgram(hint: string, ...names: readonly string[]): Promise<string> {
  const found = await findProgram(...names);
  if (found === undefined) throw new StateFailure('engine-missing', `${names[0]} is not installed`, { hint });
  return found;
}

export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What `--version` says, for example `15.14`. */
export async function versionOf(program: string): Promise<string> {
  const text = await runProgram({ program, args: ['--version'], user: null });
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? text.trim();
}

export async function toolsNamed(hint: string, ...programs: readonly (readonly string[])[]): Promise<Tools> {
  const found = await Promise.all(programs.map((names) => findProgram(...names)));
  const [first] = found;
  if (first === undefined || found.includes(undefined)) return { available: false, version: null, hint };
  return { available: true, version: await versionOf(first), hint: null };
}
