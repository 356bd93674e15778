import { CommanderError } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import picocolors from 'picocolors';
import { writeProfile } from '../profile/profile.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { programOf } from './program.js';
import { renderFailure } from './render-failure.js';

export interface CommandRun {
  exitCode: ExitCode;
  out: string;
  err: string;
}

/** Runs a command in this process, as a program or script would: no terminal, 120 columns. */
export async function runCommand(args: readonly string[], profileFile = ''): Promise<CommandRun> {
  const [out, err]: [string[], string[]] = [[], []];
  let exitCode: ExitCode = EXIT.ok;
  const terminal = {
    colours: picocolors.createColors(false),
    isInteractive: false,
    width: 120,
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
  };
  const surroundings = {
    profileFile,
    profileIsNamed: true,
    natsServer: undefined,
    natsMemoryBytes: undefined,
    dataFolder: '',
    stateFolder: '',
    noColour: true,
    environment: {},
  };
  const program = programOf({ terminal, surroundings, finish: (given) => void (exitCode = given) });
  const all = [program, ...program.commands.flatMap((group) => [group, ...group.commands])];
  for (const each of all) each.exitOverride().configureOutput({ writeErr: terminal.err });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const failure = renderFailure(error, terminal.colours, 'freehold …');
    err.push(...failure.lines);
    exitCode = error instanceof CommanderError ? EXIT.usage : failure.exitCode;
  }
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  body: unknown;
}

/** Answers like an API, from a table: `GET /v1/…` → the replies, one after another, the last one for ever. */
export class AnsweringApi implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'freehold-command-'));
  readonly profile = join(this.folder, 'profile.json');
  readonly asked: Asked[] = [];
  readonly #replies = new Map<string, unknown[]>();

  private constructor(private readonly server: Server) {}

  /** @param key decides whose it is: `fh_cell_…` of staff, `fh_<operator>_…` of an operator */
  static async start(key: string): Promise<AnsweringApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const api = new AnsweringApi(server);
    server.on('request', (request, response) => {
      void (async () => {
        const method = request.method ?? '';
        const path = new URL(request.url ?? '', 'http://api').pathname;
        api.asked.push({ method, path, body: method === 'POST' ? await json(request) : null });
        const replies = api.#replies.get(`${method} ${path}`) ?? [];
        const reply = replies.length > 1 ? replies.shift() : replies[0];
        const problem = { type: 'not-found', title: 'It does not exist', status: 404, errors: [], correlationId: '' };
        response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(reply ?? problem));
      })();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    writeProfile(api.profile, { address: `http://127.0.0.1:${port}`, key });
    return api;
  }

  on(request: string, ...replies: unknown[]): this {
    this.#replies.set(request, replies);
    return this;
  }

  run(...args: string[]): Promise<CommandRun> {
    return runCommand(args, this.profile);
  }

  changes(): Asked[] {
    return this.asked.filter(({ method }) => method !== 'GET');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
