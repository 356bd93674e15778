import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.js';

/** What is moved: like a photo album. Files of about the same size, spread over 64 folders, that nothing can compress. */
export interface Sizes {
  readonly gigabytes: number;
  readonly files: number;
  readonly rows: number;
}

/** A part of them changes at the last moment: 1 %. */
export const CHANGED_SHARE = 0.01;

export const bytesOf = ({ gigabytes }: Sizes): number => gigabytes * 1e9;

/** From half to one and a half of the mean, the same for the same number. */
const sizeOf = (n: number, { files, gigabytes }: Sizes): number =>
  Math.round(((gigabytes * 1e9) / files) * (0.5 + ((n * 7919) % 1000) / 999));

const pathOf = (n: number): string => join(`album-${n % 64}`, `photo-${n}.jpg`);

/** All photos, each with new content. */
export function writePhotos(folder: string, sizes: Sizes): void {
  for (let n = 0; n < sizes.files; n += 1) write(join(folder, pathOf(n)), sizeOf(n, sizes));
}

/** Every hundredth, with other content than those in place. */
export function writePending(folder: string, sizes: Sizes): void {
  for (let n = 0; n < sizes.files; n += Math.round(1 / CHANGED_SHARE)) write(join(folder, pathOf(n)), sizeOf(n, sizes));
}

function write(file: string, sizeBytes: number): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, randomFillSync(Buffer.allocUnsafe(sizeBytes)));
}

/** Every hundredth row, spread over all of the table. */
export const CHANGE_SQL = `update photo set place = 'moved on' where id % ${Math.round(1 / CHANGED_SHARE)} = 0;`;

/** A row has about 150 bytes; an index beside the primary key. */
export const fillSql = ({ rows }: Sizes): string => `
  create table photo (id bigint primary key, taken timestamptz not null, title text not null, place text, digest bytea not null);
  insert into photo select n, timestamptz '2020-01-01' + n * interval '1 minute', 'photo ' || md5(n::text),
    repeat(md5((n / 100)::text), 2), sha256(n::text::bytea) from generate_series(1, ${rows}) n;
  create index photo_taken on photo (taken);
  analyze photo;`;

/** What is written is on the disk, and nothing of it in memory: before each measurement of both sides. */
export async function coldCaches(): Promise<void> {
  await run('sync', []);
  if (process.getuid?.() === 0) writeFileSync('/proc/sys/vm/drop_caches', '3');
}
