import { copyFile, lstat, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namePattern } from '../domain/path-order.js';
import {
  capturedFile,
  freshFolder,
  giveTo,
  ignoreMissing,
  makeParents,
  mendSwap,
  placeOf,
  presentPlaceOf,
  successorOf,
  swap,
} from '../places.js';
import { syncTree } from '../sync-tree.js';
import type { Site, StatePart, WorkOptions } from '../state-part.js';
import { endLeftEngine } from '../engine/left-engine.js';
import { RDB, withRedis, type RedisPlace } from './redis-engine.js';
import { databasesInUse, keys } from './redis-keys.js';

/** The server loads what it has (also an append-only file) and saves it as one RDB file; keys left out are removed in a copy. */
export async function captureRedis(
  site: Site,
  part: StatePart,
  into: string,
  { signal }: WorkOptions,
): Promise<string[]> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal };
  await withRedis(place, (client) => client.call('SAVE'));
  const saved = join(place.dataFolder, RDB);
  const file = join(into, RDB);
  if (part.leaveOut.length === 0) await copyFile(saved, file);
  else await captureWithout(place, part, file);
  await using handle = await open(file, 'r');
  await handle.sync();
  return [RDB];
}

/** The copy lies beside the state, where the environment's user may work on it. */
async function captureWithout(place: RedisPlace, part: StatePart, file: string): Promise<void> {
  const left = part.leaveOut.map(({ path }) => namePattern(path));
  const dataFolder = `${place.dataFolder}.freehold-capturing`;
  await using _copy = { [Symbol.asyncDispose]: () => rm(dataFolder, { recursive: true, force: true }) };
  if ((await lstat(dataFolder).catch(ignoreMissing)) !== undefined) await endLeftEngine(place.site, dataFolder);
  await freshFolder(place.site, dataFolder);
  await copyFile(join(place.dataFolder, RDB), join(dataFolder, RDB));
  await giveTo(place.site, join(dataFolder, RDB));
  await withRedis({ ...place, dataFolder }, async (client) => {
    for (const database of await databasesInUse(client)) {
      await client.call('SELECT', String(database));
      for await (const found of keys(client)) {
        const gone = found.filter((key) => left.some((pattern) => pattern.test(key)));
        if (gone.length > 0) await client.call('DEL', ...gone);
      }
    }
    await client.call('SAVE');
  });
  await copyFile(join(dataFolder, RDB), file);
}

/** The RDB file alone in a fresh folder, loaded once to see that it can be read. Without an append-only file: its server makes one. */
export async function restoreRedis(site: Site, part: StatePart, from: string, { signal }: WorkOptions): Promise<void> {
  const dump = await capturedFile(from, RDB);
  await makeParents(site, part);
  const place = await placeOf(site, part);
  await mendSwap(place);
  const fresh = successorOf(place);
  if ((await lstat(fresh).catch(ignoreMissing)) !== undefined) await endLeftEngine(site, fresh);
  await freshFolder(site, fresh);
  await copyFile(dump, join(fresh, RDB));
  await giveTo(site, join(fresh, RDB));
  await withRedis({ site, dataFolder: fresh, signal }, (client) => client.call('DBSIZE'));
  await syncTree(fresh);
  await swap(place);
}
