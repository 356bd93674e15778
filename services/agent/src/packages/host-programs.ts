import { postgresInstallations } from '@freehold/state-parts';

/** A program that the host has anyway: the folder it lies in (absolute), and its major version. */
export interface HostProgram {
  readonly folder: string;
  readonly version: number;
}

/** By the names that packages use in `needs.programs`; what the host has not is left out. */
export interface HostPrograms {
  readonly postgres?: HostProgram;
}

/** All must lie in one folder: the server, what makes a cluster, what asks whether it is ready. */
const POSTGRES_PARTS = ['postgres', 'initdb', 'pg_isready'];
const OLDEST_POSTGRES = 13;

/**
 * Looks for the host's programs that packages may use: the newest of each, not older than 13 for PostgreSQL. Looks again
 * whenever it is asked, so that what was installed meanwhile is found.
 * @param postgresPlaces folders, `*` is one name; unless given, where distributions put it
 */
export async function findHostPrograms(postgresPlaces?: readonly string[]): Promise<HostPrograms> {
  const found = await postgresInstallations(POSTGRES_PARTS, postgresPlaces);
  const [newest] = found
    .filter(({ majorVersion }) => majorVersion >= OLDEST_POSTGRES)
    .toSorted((one, other) => other.majorVersion - one.majorVersion);
  return newest === undefined ? {} : { postgres: { folder: newest.folder, version: newest.majorVersion } };
}

/** As a host says what it has, and packages ask for it. */
export const majorVersions = ({ postgres }: HostPrograms): { postgres?: number } =>
  postgres === undefined ? {} : { postgres: postgres.version };
