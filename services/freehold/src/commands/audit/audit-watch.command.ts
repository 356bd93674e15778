import { type Command, InvalidArgumentError } from 'commander';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { command, type CommandContext, wholeNumber } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import type { LocalOptions, LocalOutput } from '../../cli/local-command.js';
import { count } from '../../output/transfer-progress.js';
import { StopRequest } from '../../up/stop-request.js';
import { onEvidence } from './audit-action.js';
import { LogSource } from './log-source.js';
import { KEY_HELP, trustOf } from './trusted-input.js';
import { type Look, lookAt } from './watch-log.js';
import { type Alarm, Witness } from './witness.js';
import { serveWitness } from './witness-server.js';

interface WatchOptions extends LocalOptions {
  key: string;
  state: string;
  name?: string;
  every: number;
  once?: boolean;
  hook?: string;
  listen?: { host: string; port: number };
}

/** So often in a row what cannot be followed may be on its way; then it is an alarm. */
const UNCLEAR_LOOKS = 3;

/** `freehold audit watch`: a witness. Ends with 3 when the log does not continue what was cosigned. */
export const auditWatchCommand = (context: CommandContext): Command =>
  command('watch <log>', {
    summary:
      'be a witness of a provider’s log: follow and cosign its checkpoints, and sound the alarm when it was rewritten',
    example: 'audit watch https://cloud.example/log --key @provider.vkey --state ./witness',
  })
    .requiredOption('--key <key>', KEY_HELP)
    .requiredOption('--state <folder>', 'where the witness keeps its key and what it cosigned last')
    .option('--name <name>', 'of the witness, in its key; the same for ever (default: <this machine>/witness)')
    .option('--every <seconds>', 'how often it looks', wholeNumber(1, 86_400), 60)
    .option('--once', 'look once and end')
    .option('--hook <program>', 'is run at an alarm, with the findings as JSON on its standard input')
    .option('--listen <address:port>', 'also answer POST /add-checkpoint (c2sp.org/tlog-witness)', listenAddress)
    .action(
      onEvidence<WatchOptions>(context, async (output, options, [url = '']) => {
        const trust = await trustOf({ key: options.key, witness: [], quorum: 0 });
        const source = new LogSource({ url });
        await using witness = await Witness.open(options.state, trust, options.name);
        const watch = new Watch(output, options, { source, witness });
        if (!output.json) output.terminal.err(`Its key, for others: ${join(options.state, 'witness.vkey')}`);
        return options.once === true ? watch.once() : watch.untilStopped();
      }),
    );

function listenAddress(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined)
    throw new InvalidArgumentError('Give an address such as 127.0.0.1:8440.');
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
}

class Watch {
  readonly #alarmed = Promise.withResolvers<Alarm>();
  #unclear = 0;

  constructor(
    private readonly output: LocalOutput,
    private readonly options: WatchOptions,
    private readonly parts: { source: LogSource; witness: Witness },
  ) {}

  async once(): Promise<ExitCode> {
    const look = await this.#look();
    if (look.kind === 'alarm') return this.#raise(look.alarm);
    if (look.kind !== 'unclear') return EXIT.ok;
    return this.#raise({ findings: [look.finding], evidence: null });
  }

  async untilStopped(): Promise<ExitCode> {
    const stop = new StopRequest(this.output.terminal);
    const ended = new AbortController();
    const server = await this.#serve();
    try {
      const following = this.#follow(AbortSignal.any([stop.signal, ended.signal]));
      const alarm = await Promise.race([this.#alarmed.promise, following]);
      return alarm === null ? EXIT.ok : await this.#raise(alarm);
    } finally {
      ended.abort();
      server?.close();
      server?.closeAllConnections();
      stop.dispose();
    }
  }

  /** Null at a stop. */
  async #follow(signal: AbortSignal): Promise<Alarm | null> {
    while (!signal.aborted) {
      const look = await this.#patientLook();
      if (look?.kind === 'alarm') return look.alarm;
      this.#unclear = look?.kind === 'unclear' ? this.#unclear + 1 : 0;
      if (look?.kind === 'unclear' && this.#unclear >= UNCLEAR_LOOKS)
        return { findings: [look.finding], evidence: null };
      await pause(this.options.every * 1_000, undefined, { signal }).catch(() => undefined);
    }
    return null;
  }

  /** Null when the log does not answer: said, and tried again. */
  async #patientLook(): Promise<Look | null> {
    try {
      return await this.#look();
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.output.terminal.err(`${error.message}. It is looked at again in ${this.options.every} s.`);
      return null;
    }
  }

  async #look(): Promise<Look> {
    const { source, witness } = this.parts;
    const look = await lookAt(source, witness, Date.now());
    const said = lookText(look);
    if (said !== null) this.#say(look, said);
    return look;
  }

  async #serve() {
    const { listen } = this.options;
    if (listen === undefined) return undefined;
    const server = await serveWitness(this.parts.witness, {
      ...listen,
      onCosigned: (size) => this.#say({ kind: 'cosigned', size }, `Cosigned ${count(size)} commits, as asked.`),
      onAlarm: this.#alarmed.resolve,
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    this.output.terminal.err(`It answers at http://${listen.host}:${port ?? listen.port}/add-checkpoint`);
    return server;
  }

  async #raise(alarm: Alarm): Promise<ExitCode> {
    const { findings, evidence } = alarm;
    const { output, options } = this;
    const { origin } = this.parts.witness.trust;
    if (output.json) this.#say({ kind: 'alarm', origin, findings, evidence }, '');
    else output.findings(`ALARM: ${origin} is not what it signed before. It was not cosigned.`, findings);
    if (!output.json && evidence !== null) output.terminal.err(`Both checkpoints are kept in ${evidence}`);
    if (options.hook !== undefined) await this.#callHook(options.hook, { origin, findings, evidence });
    return EXIT.refused;
  }

  /** As JSON a line each: it goes on. */
  #say(event: object, text: string): void {
    const { json, terminal } = this.output;
    terminal.out(json ? JSON.stringify({ at: new Date().toISOString(), ...event }) : text);
  }

  async #callHook(program: string, alarm: Alarm & { origin: string }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const child = spawn(program, {
      stdio: ['pipe', 'inherit', 'inherit'],
      signal: AbortSignal.timeout(HOOK_TIMEOUT_MS),
    });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(code === 0 ? null : `it ended with ${code ?? 'a signal'}`));
    child.stdin.on('error', () => undefined).end(`${JSON.stringify(alarm)}\n`);
    const failed = await promise;
    if (failed !== null) this.output.terminal.err(`The hook ${program} failed: ${failed}`);
  }
}

const HOOK_TIMEOUT_MS = 60_000;

function lookText(look: Look): string | null {
  switch (look.kind) {
    case 'cosigned':
      return `Cosigned ${count(look.size)} commits, ${count(look.size - look.before)} of them new.`;
    case 'behind':
      return `It shows an older checkpoint (${count(look.size)} of ${count(look.known)} commits), of the same log.`;
    case 'empty':
      return 'The log has no checkpoint so far.';
    case 'unclear':
      return `Not cosigned: ${look.finding.detail}`;
    case 'unchanged':
    case 'alarm':
      return null;
  }
}
