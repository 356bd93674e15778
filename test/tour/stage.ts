import { exitOf, spawnFreehold } from '../kit/freehold-command.js';
import picocolors from 'picocolors';

/** Something that the tour promises did not hold. */
export class ClaimBroken extends Error {
  override readonly name = 'ClaimBroken';
}

export interface Shown {
  /** Whose address and key. */
  readonly profile: string;
  readonly input?: string;
  /** A remark behind the command. */
  readonly remark?: string;
}

/** Where the tour is told: parts, commands as one types them, and claims with what was measured. Colours and redrawing in a terminal only. */
export class Stage {
  readonly #startedAt = performance.now();
  #parts = 0;
  #claims = 0;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly colours = picocolors.createColors(out.isTTY),
  ) {}

  get claims(): number {
    return this.#claims;
  }

  part(title: string, why: string): void {
    this.#parts += 1;
    const at = this.colours.dim(`(${this.elapsed()})`);
    this.line(`\n${this.colours.bold(this.colours.cyan(`${this.#parts}. ${title}`))} ${at}`);
    this.line(`   ${why}\n`);
  }

  say(text: string): void {
    this.line(`   ${text}`);
  }

  command(args: readonly string[], remark?: string): void {
    const words = ['npx', 'freehold', ...args].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`));
    this.line(`   ${this.colours.green('$')} ${this.colours.bold(words.join(' '))}${this.#remark(remark)}`);
  }

  /** Shows and runs a command; what it prints goes straight to the terminal. */
  async run(args: readonly string[], shown: Shown): Promise<void> {
    this.command(args, shown.remark);
    const child = spawnFreehold(args, { profile: shown.profile }, 'inherit');
    child.stdin?.end(shown.input ?? '');
    const exitCode = await exitOf(child, 300_000);
    if (exitCode !== 0) throw new ClaimBroken(`freehold ${args.join(' ')} ended with ${exitCode}`);
    this.line('');
  }

  /** Says what holds, or ends the tour. */
  claim(holds: boolean, what: string, otherwise: string): void {
    if (!holds) throw new ClaimBroken(`${what}: no, ${otherwise}`);
    this.#claims += 1;
    this.line(`   ${this.colours.green('✓')} ${what}`);
  }

  elapsed(): string {
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }

  line(text: string): void {
    this.out.write(`${text}\n`);
  }

  raw(text: string): void {
    this.out.write(text);
  }

  #remark(remark: string | undefined): string {
    return remark === undefined ? '' : this.colours.dim(`   # ${remark}`);
  }
}
