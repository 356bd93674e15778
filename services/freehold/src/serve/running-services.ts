import type { RunningService } from '@freehold/platform';

/** All of them, or none: what started is stopped if one does not. */
export async function allRunning(booting: readonly Promise<RunningService>[]): Promise<RunningService[]> {
  const settled = await Promise.allSettled(booting);
  const running = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = settled.find((each) => each.status === 'rejected');
  if (failure === undefined) return running;
  await stopServices(running);
  throw failure.reason;
}

/** The door first, so that nothing new comes in; then the agent; then those that both ask. */
const FIRST = ['gateway', 'agent'];

export async function stopServices(services: readonly RunningService[]): Promise<void> {
  for (const name of FIRST) {
    await Promise.all(services.filter((each) => each.name === name).map((each) => each.stop()));
  }
  await Promise.all(services.filter((each) => !FIRST.includes(each.name)).map((each) => each.stop()));
}
