import { needProgram } from '../engine/find-program.js';
import { runProgram } from '../engine/run-program.js';
import type { Site } from '../state-part.js';
import { MYSQL_HINT } from './mysql-engine.js';

/** mariadb-install-db(1) in an empty folder: system tables, one account, no database. */
export async function makeDataFolder(site: Site, folder: string, signal?: AbortSignal): Promise<void> {
  const asRoot = site.user === null && process.getuid?.() === 0 ? ['--user=root'] : [];
  const how = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve', ...asRoot];
  await runProgram({
    program: await needProgram(MYSQL_HINT, 'mariadb-install-db', 'mysql_install_db'),
    args: ['--no-defaults', `--datadir=${folder}`, ...how],
    user: site.user,
    signal,
  });
}
