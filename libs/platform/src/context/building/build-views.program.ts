/** What a BuildProcess runs. It ends with the one who started it. */
import type { Position } from '@freehold/kernel';
import { jetStreamLog, type Log, sharedPasses } from '@freehold/log';
import { buildEdition, buildFailureOf, type BuildOutcome, type View } from '@freehold/projection';
import { connectQuietly } from '../../service/nats-options.js';
import type { BuildOrder, FromBuilder, ToBuilder } from './build-messages.js';

const TOLD_EVERY_MS = 100;

/** By the first who asks: every service may read the whole log. */
let reading: Promise<Log> | undefined;
const underWay = new Map<number, AbortController>();

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToBuilder) => {
  if (message.kind === 'abort') underWay.get(message.build)?.abort();
  else void run(message.build, message.order);
});

async function run(build: number, order: BuildOrder): Promise<void> {
  const stop = new AbortController();
  underWay.set(build, stop);
  const tell = (message: FromBuilder): void => void process.send?.(message);
  let toldAt = 0;
  const reached = (position: Position): void => {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    tell({ kind: 'reached', build, position });
  };
  try {
    const outcome = await made(order, stop.signal, reached);
    tell({ kind: 'ended', build, outcome });
  } catch (failure) {
    tell({ kind: 'failed', build, ...buildFailureOf(failure) });
  } finally {
    underWay.delete(build);
  }
}

async function made(
  { module, names, tables, nats, ...order }: BuildOrder,
  signal: AbortSignal,
  onPosition: (position: Position) => void,
): Promise<BuildOutcome> {
  const views = await viewsOf(module, names);
  reading ??= connectQuietly(nats).then((connection) => sharedPasses()(jetStreamLog({ connection })));
  return buildEdition({ ...order, views: { ...tables, views }, log: await reading, signal, onPosition });
}

async function viewsOf(module: string, names: readonly string[]): Promise<readonly View[]> {
  const found: unknown = await import(module);
  if (!hasViews(found)) throw new Error(`${module} exports no views`);
  const own = found.views.map(({ projection }) => projection.name);
  if (own.join() !== names.join()) throw new Error(`${module} has the views ${own.join()}, and not ${names.join()}`);
  return found.views;
}

const hasViews = (found: unknown): found is { views: readonly View[] } =>
  typeof found === 'object' && found !== null && 'views' in found && Array.isArray(found.views);
