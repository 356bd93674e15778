import { join } from 'node:path';
import { CHANGE_SQL, fillSql, type Sizes, writePending } from './content.js';
import type { Album } from './providers.js';
import { run } from './run.js';

/** Photos, and rows by the deployment's own PostgreSQL; what will change lies ready beside them. */
export async function fillAlbum({ files, user }: Album, photos: string, sizes: Sizes): Promise<void> {
  await run('cp', ['-a', `${photos}/.`, join(files, 'photos')]);
  writePending(join(files, 'pending'), sizes);
  if (user !== undefined) {
    const owned = ['photos', 'pending'].map((name) => join(files, name));
    await run('chown', ['-R', `${user.uid}:${user.gid}`, ...owned]);
  }
  await inDatabase({ files, user }, fillSql(sizes));
}

/** Every hundredth row of its table. */
export const changeRows = (album: Album): Promise<void> => inDatabase(album, CHANGE_SQL);

async function inDatabase({ files, user }: Pick<Album, 'files' | 'user'>, input: string): Promise<void> {
  const psql = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-w', '-h', '/proc/self/cwd/run', '-U', 'postgres', '-d', 'album'];
  await run('psql', psql, { user, input, cwd: files });
}
