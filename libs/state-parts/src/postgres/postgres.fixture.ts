import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { giveTo } from '../places.js';
import type { Site } from '../state-part.js';
import { makeCluster } from './postgres-cluster.js';
import { query, withPostgres } from './postgres-engine.js';
import { postgresFolders } from './postgres-installations.js';

/** A cluster as an application's first start makes it, with what `sql` puts into the database `app`. */
export async function postgresState(site: Site, sql: string): Promise<void> {
  const data = join(site.folder, 'postgres');
  const [bin = ''] = (await postgresFolders()).values();
  await mkdir(data, { mode: 0o700 });
  await giveTo(site, data);
  await makeCluster(site, bin, data);
  await inPostgres(site, 'postgres', `create role app login; create database app owner app template template0;`);
  await inPostgres(site, 'app', sql);
}

export const inPostgres = (site: Site, database: string, sql: string): Promise<string[]> =>
  inPlace(site, 'postgres', database, sql);

/** In a cluster that lies elsewhere in the site. */
export function inPlace(site: Site, path: string, database: string, sql: string): Promise<string[]> {
  const place = { site, dataFolder: join(site.folder, path), disposable: true };
  return withPostgres(place, (session) => query(session, database, sql));
}
