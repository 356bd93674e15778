import { Worker } from 'node:worker_threads';
import type { Fetched, FileOrder } from './receive-file.js';
import type { Ended, OrderMessage, ReceivedMessage } from './receive-orders.js';
import { TransferBroken } from './transfer-broken.js';

/** What a thread may have beside what it receives: it holds a piece of each connection, and nothing else. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

interface Job {
  readonly counted: (bytes: number) => void;
  readonly resolve: (outcome: Fetched) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Receives files in a thread, which is started when there is the first. If it ends by itself, what it was at is broken
 * (TransferBroken), and the next order starts another one.
 */
export class ReceivingThread {
  readonly #jobs = new Map<number, Job>();
  #worker: Worker | undefined;
  #next = 0;

  /** @param silentMs a connection that is silent for so long is broken. @param file what the next thread runs */
  constructor(
    private readonly silentMs: number,
    private readonly file: () => URL = workerFile,
  ) {}

  /** So many orders it is at. */
  get busy(): number {
    return this.#jobs.size;
  }

  /** @param counted bytes that came over the network, now and then. @throws TransferBroken · errors of this host's disk */
  receive(order: FileOrder, counted: (bytes: number) => void): Promise<Fetched> {
    this.#worker ??= this.#start();
    this.#next += 1;
    const job = this.#next;
    const { promise, resolve, reject } = Promise.withResolvers<Fetched>();
    this.#jobs.set(job, { counted, resolve, reject });
    this.#worker.postMessage({ job, order } satisfies OrderMessage, []);
    return promise;
  }

  /** Nothing is received or written any more when it returns; what was waited for is broken. The next order starts another one. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#breakAll();
  }

  #start(): Worker {
    const worker = new Worker(this.file(), { resourceLimits: LIMITS, workerData: { silentMs: this.silentMs } });
    worker.on('message', (message: ReceivedMessage) => this.#heard(message));
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#breakAll(cause);
    });
    return worker;
  }

  #heard({ job, bytes, ended }: ReceivedMessage): void {
    const known = this.#jobs.get(job);
    if (bytes > 0) known?.counted(bytes);
    if (ended === undefined) return;
    this.#jobs.delete(job);
    if (ended.kind === 'done') known?.resolve(ended.outcome);
    else known?.reject(errorOf(ended));
  }

  #breakAll(cause?: unknown): void {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const { reject } of jobs) reject(new TransferBroken('the receiving thread ended', { cause }));
  }
}

function errorOf(ended: Exclude<Ended, { kind: 'done' }>): Error {
  if (ended.kind === 'failed') return Object.assign(new Error(ended.message), { code: ended.code });
  const { what, status, why } = ended;
  return new TransferBroken(what, { status, ...(why === '' ? {} : { cause: new Error(why) }) });
}

/** Beside this file: `.ts` from source, `.js` when built. */
export function workerFile(): URL {
  const typed = import.meta.url.endsWith('.ts');
  return typed ? new URL('./receive.worker.ts', import.meta.url) : new URL('./receive.worker.js', import.meta.url);
}
