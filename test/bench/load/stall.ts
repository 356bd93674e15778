import { createAppender, type Log, subjectOf } from '@freehold/log';
import type { Position } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { commitOf } from './population.js';
import { type Quantiles, quantilesOf } from './quantiles.js';

const WRITERS = 4;
const MEASURED_MS = 4_000;

/** How long appends take, by four writers that each wait for their answer, while `meanwhile` is done again and again. */
export async function appendsMeanwhile(
  log: Log,
  meanwhile: (() => Promise<unknown>) | null,
): Promise<Quantiles & { readonly done: number }> {
  const appender = createAppender({ log });
  const times: number[] = [];
  let done = 0;
  const until = performance.now() + MEASURED_MS;
  const write = async (): Promise<void> => {
    while (performance.now() < until) {
      const subject = subjectOf({
        ...{ context: 'deployment', aggregate: 'deployment' },
        operator: randomUUID(),
        id: randomUUID(),
      });
      let previous: Position | null = null;
      for (let version = 1; version <= 10 && performance.now() < until; version += 1) {
        const from = performance.now();
        const result = await appender.append({
          subject,
          commit: commitOf(randomUUID(), version, previous),
          expected: previous,
        });
        times.push(performance.now() - from);
        if (result.kind !== 'stored') throw new Error('another commit came first');
        previous = result.stored.position;
      }
    }
  };
  const disturb = async (): Promise<void> => {
    while (meanwhile !== null && performance.now() < until) {
      await meanwhile();
      done += 1;
    }
  };
  await Promise.all([...Array.from({ length: WRITERS }, write), disturb()]);
  return { ...quantilesOf(times), done };
}
