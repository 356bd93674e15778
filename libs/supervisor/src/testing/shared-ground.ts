import { join } from 'node:path';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { FolderTakenError } from '../folder-lock.js';
import { startGround } from '../ground.js';
import type { NatsAccount } from '../ground.options.js';
import { readIfThere, writePrivate } from '../private-file.js';
import { testGroundConfiguration } from './test-ground.config.js';
import { testUsers } from './test-users.js';

const sharedGround = z.object({ folder: z.string(), natsUrl: z.string(), socketFolder: z.string() });
export type SharedGround = z.infer<typeof sharedGround>;

export const testAccounts: readonly NatsAccount[] = Array.from({ length: 96 }, (_, index) => ({
  name: `T${String(index).padStart(2, '0')}`,
  jetstream: true,
  users: testUsers,
}));

/**
 * The one pair of servers of this run. Whichever test file asks first starts it; the others wait for it. It belongs to no
 * worker: globalTeardown ends it. It writes nothing through to the disk, which is the tests' alone.
 */
export async function sharedTestGround(): Promise<SharedGround> {
  const file = join(testGroundConfiguration().folder, 'ground.json');
  const there = () => readIfThere(file);
  await eventually(async () => there() !== undefined || (await startUnlessStarting(file)), { timeoutMs: 90_000 });
  return sharedGround.parse(JSON.parse(there() ?? '{}'));
}

async function startUnlessStarting(file: string): Promise<boolean> {
  const { folder, natsServer } = testGroundConfiguration();
  try {
    const ground = await startGround({
      folder,
      nats: {
        accounts: testAccounts,
        durable: false,
        maxFileBytes: 1024 ** 5,
        ...(natsServer === undefined ? {} : { natsServer }),
      },
      postgres: { durable: false, maxConnections: 120 },
      say: () => undefined,
    });
    const { nats, postgres } = ground;
    writePrivate(
      file,
      JSON.stringify({ folder: ground.folder, natsUrl: nats.url, socketFolder: postgres.socketFolder }),
    );
    await ground.leave();
    return true;
  } catch (error) {
    if (error instanceof FolderTakenError) return false;
    throw error;
  }
}
