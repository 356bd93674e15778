import { duration } from '../output/durations.js';
import type { Terminal } from '../output/terminal.js';

/** Says what is done and how long it took; ends early, between two steps, once `signal` is aborted. */
export class Steps {
  constructor(
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws the signal's reason when a stop was asked for meanwhile. */
  async run<Result>(name: string | ((result: Result) => string), work: () => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    const startedAt = performance.now();
    const result = await work();
    const said = typeof name === 'string' ? name : name(result);
    const { green, dim } = this.terminal.colours;
    this.terminal.out(`  ${green('✓')} ${said} ${dim(`(${duration(performance.now() - startedAt)})`)}`);
    this.signal.throwIfAborted();
    return result;
  }
}
