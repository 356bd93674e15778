import { duration } from '../output/durations.js';
import type { Terminal } from '../output/terminal.js';

/**
 * Says what is done and how long it took. Once `signal` is aborted the next step does not begin; one that was under way
 * gives its result, so that whoever started something can stop it.
 */
export class Steps {
  constructor(
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws the signal's reason when a stop was asked for before. */
  async run<Result>(name: string | ((result: Result) => string), work: () => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    const startedAt = performance.now();
    const result = await work();
    const said = typeof name === 'string' ? name : name(result);
    const { green, dim } = this.terminal.colours;
    this.terminal.out(`  ${green('✓')} ${said} ${dim(`(${duration(performance.now() - startedAt)})`)}`);
    return result;
  }
}
