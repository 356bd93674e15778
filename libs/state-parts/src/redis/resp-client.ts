import { connect, type Socket } from 'node:net';
import { StateFailure } from '../state-failure.js';

export type Reply = string | number | null | ReplyError | readonly Reply[];

export class ReplyError {
  constructor(readonly message: string) {}
}

/** A client of the Redis protocol (RESP2) on a Unix socket: pipelines of commands, replies in their order. Strings are octets (latin1). */
export class RespClient {
  readonly #socket: Socket;
  #rest = '';
  readonly #replies: Reply[] = [];
  #wake: () => void = () => undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: Buffer | string) => this.#take(String(text)));
    const fail = (cause?: Error) => {
      const hint = 'Look at what the server printed.';
      this.#failure ??= new StateFailure('engine-failed', 'redis-server closed the connection', { hint, cause });
      this.#wake();
    };
    socket.on('error', fail);
    socket.on('close', () => fail());
  }

  static open(path: string): Promise<RespClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => {
        socket.off('error', reject);
        resolve(new RespClient(socket));
      });
      socket.on('error', reject);
    });
  }

  async call(...command: readonly string[]): Promise<Reply> {
    const [reply = null] = await this.pipeline([command]);
    return reply;
  }

  /** Errors among the replies are thrown. */
  async pipeline(commands: readonly (readonly string[])[]): Promise<Reply[]> {
    this.#socket.write(commands.map(encode).join(''), 'latin1');
    while (this.#replies.length < commands.length) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const replies = this.#replies.splice(0, commands.length);
    const error = replies.find((reply) => reply instanceof ReplyError);
    if (!(error instanceof ReplyError)) return replies;
    throw new StateFailure('engine-failed', `redis-server: ${error.message}`, { hint: 'Look at the message.' });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#rest += text;
    let at = 0;
    for (;;) {
      const parsed = parse(this.#rest, at);
      if (parsed === undefined) break;
      this.#replies.push(parsed.reply);
      at = parsed.end;
    }
    if (at > 0) this.#rest = this.#rest.slice(at);
    this.#wake();
  }
}

function encode(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** One reply from `at` on, or undefined while it has not wholly arrived. */
function parse(text: string, at: number): { reply: Reply; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd === -1) return undefined;
  const line = text.slice(at + 1, lineEnd);
  const next = lineEnd + 2;
  switch (text.charAt(at)) {
    case '+':
      return { reply: line, end: next };
    case '-':
      return { reply: new ReplyError(line), end: next };
    case ':':
      return { reply: Number(line), end: next };
    case '$':
      return parseBulk(text, next, Number(line));
    default:
      return parseList(text, next, Number(line));
  }
}

function parseBulk(text: string, at: number, length: number) {
  if (length < 0) return { reply: null, end: at };
  const end = at + length + 2;
  return text.length < end ? undefined : { reply: text.slice(at, at + length), end };
}

function parseList(text: string, at: number, length: number) {
  const reply: Reply[] = [];
  let end = at;
  for (let index = 0; index < length; index += 1) {
    const parsed = parse(text, end);
    if (parsed === undefined) return undefined;
    reply.push(parsed.reply);
    end = parsed.end;
  }
  return { reply, end };
}
