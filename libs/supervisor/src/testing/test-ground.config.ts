import { z } from 'zod';

const environment = z.object({
  FREEHOLD_TEST_GROUND: z.string().min(1).describe('Folder of the ground that all test files of this run share.'),
  FREEHOLD_NATS_SERVER: z.string().min(1).optional().describe('Path of nats-server.'),
});

export interface TestGroundConfiguration {
  readonly folder: string;
  /** Executable for tests that start a server of their own; undefined: the one of the PATH. */
  readonly natsServer: string | undefined;
}

/** Set by test/setup/global-setup.mjs for the whole run. */
export function testGroundConfiguration(): TestGroundConfiguration {
  const parsed = environment.safeParse(process.env);
  if (!parsed.success) {
    throw new Error('no test ground; run the tests through jest.config.mjs, whose globalSetup prepares it', {
      cause: parsed.error,
    });
  }
  return { folder: parsed.data.FREEHOLD_TEST_GROUND, natsServer: parsed.data.FREEHOLD_NATS_SERVER };
}
