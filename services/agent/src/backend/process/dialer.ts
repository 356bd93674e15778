import { type ChildProcess, spawn } from 'node:child_process';
import { connect, Socket } from 'node:net';
import { z } from 'zod';
import { enterCommand, type Entrance } from './closed-network.js';
import { UNIT_PATH } from './process-backend.options.js';

/** Runs inside the namespace: connects to loopback ports and hands the connections over. Ends with whoever asks. */
const PROGRAM = `
  const { connect } = require('node:net');
  if (require('node:fs').readlinkSync('/proc/self/ns/net') !== process.argv[1]) process.exit(77);
  process.on('disconnect', () => process.exit());
  process.on('message', ({ number, port }) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.pause();
    socket.once('error', ({ code, message }) => process.send({ number, code, message }));
    socket.once('connect', () => process.send({ number }, socket));
  });`;

const Answer = z.object({ number: z.int(), code: z.string().optional(), message: z.string().optional() });

const IDLE_MS = 30_000;
const DIAL_TIMEOUT_MS = 10_000;

/**
 * Connections into a namespace, made by a small Node process inside it that passes their sockets out (child_process,
 * `sendHandle`): nothing is copied, and no file could be opened by an application. It ends when it is idle.
 */
export class Dialer {
  readonly #waiting = new Map<number, PromiseWithResolvers<Socket>>();
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(readonly entrance: Entrance) {}

  async dial(port: number): Promise<Socket> {
    const number = (this.#last += 1);
    const answer = Promise.withResolvers<Socket>();
    this.#waiting.set(number, answer);
    const timer = setTimeout(() => answer.reject(dialFailure('ETIMEDOUT')), DIAL_TIMEOUT_MS);
    this.#stayAwake();
    this.#process().send({ number, port }, (error) => error && answer.reject(error));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(number);
    }
  }

  /** Begins before anybody asks; it takes as long as a small application to start. */
  warm(): void {
    this.#stayAwake();
    this.#process();
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #process(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const [program = '', ...args] = enterCommand(this.entrance);
    const child = spawn(program, [...args, process.execPath, '-e', PROGRAM, this.entrance.net], {
      env: { PATH: UNIT_PATH },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message, handle) => this.#take(Answer.parse(message), handle));
    child.once('error', () => this.#ended(child));
    child.once('exit', () => this.#ended(child));
    child.unref();
    child.channel?.unref();
    return (this.#child = child);
  }

  #take({ number, code, message }: z.infer<typeof Answer>, handle: unknown): void {
    const waiting = this.#waiting.get(number);
    const socket = handle instanceof Socket ? handle : undefined;
    if (waiting === undefined) socket?.destroy();
    else if (socket !== undefined) waiting.resolve(socket);
    else
      waiting.reject(Object.assign(new Error(message ?? 'the connection went in between'), { code: code ?? 'EPIPE' }));
  }

  #ended(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
    for (const { reject } of this.#waiting.values()) reject(dialFailure('EPIPE'));
  }

  #stayAwake(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
  }
}

/** As connecting says it: refused, silent, or nobody there to connect (`EPIPE`). */
export function dialFailure(code: 'ECONNREFUSED' | 'ETIMEDOUT' | 'EPIPE'): Error {
  return Object.assign(new Error(`connect ${code} in the closed network`), { code });
}

/** To a port of this host. */
export async function dialHost(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
