import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clone } from '../clone.js';

const run = promisify(execFile);

/**
 * Machines of a test reach no package registry: what an application is made of is fetched before, by this one.
 * @returns the settings of pip with which it is installed from there
 */
export async function fetchWheels(folder: string, requirements: string): Promise<Readonly<Record<string, string>>> {
  const wheels = join(folder, 'wheels');
  mkdirSync(wheels, { mode: 0o755 });
  const file = join(clone, 'services', 'catalog', 'packages', requirements);
  const how = ['--require-hashes', '--only-binary', ':all:', '--quiet', '--dest', wheels, '-r', file];
  const venv = join(folder, 'venv'); // Debian's Python has no pip outside of one
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'download', ...how]);
  return { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels };
}
