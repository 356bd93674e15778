import type { Finding } from '@freehold/kernel';
import { z } from 'zod';
import { oneLine } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { CommandFailure } from './command-failure.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { renderFinding } from './render-failure.js';

/** Of commands on what lies on this machine. */
export interface LocalOptions {
  json?: boolean;
}

/** Where such a command writes: JSON, or text for people. */
export class LocalOutput {
  constructor(
    readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  show(value: unknown, text: () => string): void {
    this.terminal.out(this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** Each with its file and its remedy. */
  findings(title: string, findings: readonly Finding[]): void {
    const { terminal } = this;
    terminal.err(terminal.colours.red(title));
    for (const finding of findings) for (const line of renderFinding(finding, terminal.colours)) terminal.err(line);
  }

  warnings(warnings: readonly Finding[]): void {
    const { terminal } = this;
    if (warnings.length > 0 && !this.json) terminal.err(terminal.colours.yellow('Worth knowing:'));
    if (!this.json)
      for (const each of warnings) for (const line of renderFinding(each, terminal.colours)) terminal.err(line);
  }
}

const REMEDIES: Readonly<Record<string, readonly [hint: string, exitCode: ExitCode]>> = {
  ENOENT: ['Check the path; see that nobody else writes there meanwhile.', EXIT.notFound],
  ENOTDIR: ['Name a folder.', EXIT.usage],
  EACCES: ['Run it as a user who may read and write there.', EXIT.notPermitted],
  EPERM: ['Run it as a user who may read and write there.', EXIT.notPermitted],
  EROFS: ['Name a place that can be written to.', EXIT.notPermitted],
  ENOSPC: ['Make room, then run it again; nothing was left behind.', EXIT.unavailable],
};

/**
 * What the machine said, with its remedy where there is a known one. Errors of Node are told by their shape.
 *
 * @param said what is to be said instead of its own words
 */
export function explained(error: unknown, said?: string): unknown {
  const { code = '', message } = MachineError.safeParse(error).data ?? {};
  const remedy = REMEDIES[code];
  if (remedy === undefined || message === undefined) return error;
  const [hint, exitCode] = remedy;
  return new CommandFailure(oneLine(said ?? message), hint, exitCode);
}

const MachineError = z.object({ code: z.string(), message: z.string() });
