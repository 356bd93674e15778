import { availableParallelism } from 'node:os';
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

/** Hashes open files in a few threads, which are started when there is work. */
export class Hasher {
  readonly #threads: Thread[] = [];
  #next = 0;

  /** SHA-256 of all that this descriptor has. It has to stay open until the answer, or until `close` has returned. */
  hash(fd: number): Promise<Hashed> {
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
    const thread = { worker: new Worker(workerFile()), jobs: new Map<number, Job>() };
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
  const here = import.meta.url;
  return here.endsWith('.ts') ? new URL('./hash.worker.ts', here) : new URL('./hash.worker.js', here);
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
