import { setTimeout as pause } from 'node:timers/promises';
import { startInstallation } from '../kit/installation.js';
import type { BenchOptions, Report } from './bench.js';
import { memoryOf } from './memory.js';
import { megabytes } from './rounds.js';

const BAR_BYTES = 450e6;
const SETTLE_MS = 60_000;

/** Memory (sum of PSS) of Node, NATS and PostgreSQL, 60 s after the start, without a deployment. */
export async function idleBench({ say }: BenchOptions): Promise<Report> {
  await using installation = await startInstallation();
  say('waiting for 60 s');
  await pause(SETTLE_MS);
  const sizes = memoryOf(installation.folder);
  await installation.stop();
  const total = Object.values(sizes).reduce((sum, each) => sum + each, 0);
  const named = Object.entries(sizes).filter(([, bytes]) => bytes > 0);
  return {
    bench: 'idle',
    bar: 'Node, NATS and PostgreSQL together under 450 MB',
    reached: total < BAR_BYTES,
    lines: [...named, ['together', total] as const].map(
      ([name, bytes]) => `${name.padEnd(12)}${megabytes(bytes).padStart(8)}`,
    ),
    figures: { ...sizes, total },
  };
}
