import type { Log } from '@freehold/log';

/** A log whose passes over the whole of it halt at their middle commit until the gate is opened: a build is under way for so long. */
export interface GatedLog {
  readonly log: Log;
  /** How many passes stand at the gate. */
  halted(): number;
  open(): void;
  close(): void;
}

export function gatedLog(inner: Log): GatedLog {
  let gate = Promise.withResolvers<void>();
  let halted = 0;
  gate.resolve();
  const rangeBatches: Log['rangeBatches'] = async function* (after, to) {
    const commits = await Array.fromAsync(inner.rangeRaw(after, to));
    for (const [index, commit] of commits.entries()) {
      if (after === '1:0' && index === Math.floor(commits.length / 2)) {
        halted += 1;
        await gate.promise;
        halted -= 1;
      }
      yield [commit];
    }
  };
  return {
    log: { ...inner, rangeBatches },
    halted: () => halted,
    open: () => gate.resolve(),
    close: () => {
      gate = Promise.withResolvers();
    },
  };
}
