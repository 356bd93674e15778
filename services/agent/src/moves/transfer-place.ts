import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../backend/backend-failure.js';
import { writeDurably } from '../journal/durable-file.js';
import { startTransferListener, type TransferListener, type TransferListenerOptions } from './transfer-listener.js';

const Place = z.object({ port: z.int() });

/**
 * Starts the listener on the wanted port; where any will do (0), on the one it had the last time, which is kept in the
 * agent's folder, or on a new one if somebody else has taken that.
 */
export async function startKeptListener(folder: string, options: TransferListenerOptions): Promise<TransferListener> {
  if (options.port !== 0) return startTransferListener(options);
  const file = join(folder, 'transfer.json');
  const kept = await readKept(file);
  if (kept !== undefined) {
    try {
      return await startTransferListener({ ...options, port: kept });
    } catch (error) {
      if (!['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  const listener = await startTransferListener(options);
  await writeDurably(file, JSON.stringify({ port: listener.port }));
  return listener;
}

async function readKept(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : Place.parse(JSON.parse(text)).port;
}
