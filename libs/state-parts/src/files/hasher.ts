import { hash } from 'node:crypto';
import { read } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { StateFailure } from '../state-failure.js';

export interface Hashed {
  readonly sha256: string;
  /** How much was read. */
  readonly sizeBytes: number;
}

interface Job {
  readonly resolve: (hashed: Hashed) => void;
  readonly reject: (error: unknown) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
}
type Answer = { readonly job: number } & (Hashed | { readonly code: string });

const MOST_THREADS = 4;

/** Hashed at once, in some 30 µs: handing it to a thread would take longer. */
const SMALL_BYTES = 64 * 1024;

/** Hashes open files in a few threads, which are started when there is work. */
export class Hasher {
  readonly #threads: Thread[] = [];
  #next = 0;

  /** SHA-256 of all that this file has. It has to stay open until the answer, or until `close` has returned. */
  async hash(fd: number, sizeBytes: number): Promise<Hashed> {
    const small = sizeBytes > SMALL_BYTES ? undefined : await hashSmall(fd);
    return small ?? this.#hashInThread(fd);
  }

  #hashInThread(fd: number): Promise<Hashed> {
    const thread = this.#freest();
    this.#next += 1;
    const job = this.#next;
    return new Promise((resolve, reject) => {
      thread.jobs.set(job, { resolve, reject });
      thread.worker.postMessage({ job, fd }, []);
    });
  }

  /** No thread reads any more when it returns; what was waited for fails. */
  async close(): Promise<void> {
    const threads = this.#threads.splice(0);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
    const ended = new StateFailure('state-unreadable', 'the hashing was ended', { hint: 'Repeat the step.' });
    for (const { jobs } of threads) for (const { reject } of jobs.values()) reject(ended);
  }

  #freest(): Thread {
    const [first] = [...this.#threads].sort((a, b) => a.jobs.size - b.jobs.size);
    const enough = this.#threads.length >= Math.min(MOST_THREADS, availableParallelism());
    if (first !== undefined && (first.jobs.size === 0 || enough)) return first;
    const thread = {
      worker: new Worker(workerFile(), { resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 } }),
      jobs: new Map<number, Job>(),
    };
    thread.worker.on('message', (answer: Answer) => settle(thread, answer));
    thread.worker.on('error', (cause) => {
      for (const { reject } of thread.jobs.values()) reject(cause);
    });
    this.#threads.push(thread);
    return thread;
  }
}

/** Beside this file: `.ts` from source, `.js` when built. */
function workerFile(): URL {
  const typed = import.meta.url.endsWith('.ts');
  return typed ? new URL('./hash.worker.ts', import.meta.url) : new URL('./hash.worker.js', import.meta.url);
}

const readFrom = promisify(read);

/** Undefined if the file has become larger. */
async function hashSmall(fd: number): Promise<Hashed | undefined> {
  const buffer = Buffer.allocUnsafe(SMALL_BYTES + 1);
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead } = await readFrom(fd, buffer, sizeBytes, buffer.length - sizeBytes, sizeBytes);
    if (bytesRead === 0) return { sha256: hash('sha256', buffer.subarray(0, sizeBytes)), sizeBytes };
    sizeBytes += bytesRead;
    if (sizeBytes > SMALL_BYTES) return undefined;
  }
}

function settle({ jobs }: Thread, answer: Answer): void {
  const job = jobs.get(answer.job);
  jobs.delete(answer.job);
  if ('sha256' in answer) job?.resolve({ sha256: answer.sha256, sizeBytes: answer.sizeBytes });
  else {
    const hint = 'Look at the disk and at the system’s log.';
    job?.reject(new StateFailure('state-unreadable', `a file cannot be read: ${answer.code}`, { hint }));
  }
}
