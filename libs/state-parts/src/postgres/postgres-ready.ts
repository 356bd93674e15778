import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ignoreMissing, syncFolder } from '../places.js';
import { BucketSums } from './bucket-sums.js';
import type { PostgresRecord } from './postgres-dump.js';

/** In a cluster that was made ready: of which dump it is, what it holds, and that nothing was done to it since. */
const READY = 'freehold-ready.json';

const Ready = z.object({ of: z.string(), rows: z.array(z.tuple([z.string(), z.string()])) });

/** From which dump, for which version of the server. */
export interface ReadyOf {
  readonly fresh: string;
  readonly dump: string;
  readonly record: PostgresRecord;
  readonly bin: string;
}

/** @param rows a bucket a table */
export async function writeReady(of: ReadyOf, rows: BucketSums): Promise<void> {
  const ready = { of: await identityOf(of), rows: rows.totals() } satisfies z.infer<typeof Ready>;
  await writeFile(join(of.fresh, READY), JSON.stringify(ready), { flush: true });
}

/** What it holds. Undefined: it is not ready, or from another dump. */
export async function readReady(of: ReadyOf): Promise<BucketSums | undefined> {
  const text = await readFile(join(of.fresh, READY), 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  const ready = Ready.parse(JSON.parse(text));
  return ready.of === (await identityOf(of)) ? BucketSums.ofTotals(ready.rows) : undefined;
}

/** It is not ready any more, whatever happens from here on. */
export async function forgetReady(fresh: string): Promise<void> {
  await rm(join(fresh, READY));
  await syncFolder(fresh); // a power cut must not bring it back
}

async function identityOf({ dump, record, bin }: ReadyOf): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(dump, { bigint: true });
  return JSON.stringify({ file: [dev, ino, size, mtimeNs].map(String), record, bin });
}
