import type { ProcessClock } from './process-ports.js';

/** Node's timers overflow at 2³¹ ms, which is less than the 30 days of a retirement. */
const LONGEST_TIMER_MS = 86_400_000;

interface Entry {
  at: number;
  key: string;
}

/**
 * The scheduler: when to look at which process again. A binary heap over one timer of the clock; a key has one time,
 * the last one given. Nothing here is kept: it is built again from the unfinished processes at start.
 */
export class WakeHeap {
  private readonly heap: Entry[] = [];
  private readonly times = new Map<string, number>();
  private cancel: (() => void) | null = null;

  constructor(
    private readonly clock: ProcessClock,
    private readonly wake: (key: string) => void,
  ) {}

  set(key: string, at: number): void {
    this.times.set(key, at);
    this.heap.push({ at, key });
    this.rise(this.heap.length - 1);
    this.arm();
  }

  /** Entries of a key without this time are dropped when they come up. */
  delete(key: string): void {
    this.times.delete(key);
  }

  clear(): void {
    this.heap.length = 0;
    this.times.clear();
    this.arm();
  }

  private arm(): void {
    this.cancel?.();
    const first = this.heap[0];
    if (first === undefined) {
      this.cancel = null;
      return;
    }
    const left = Math.max(0, first.at - this.clock.now().getTime());
    this.cancel = this.clock.after(Math.min(left, LONGEST_TIMER_MS), () => this.fire());
  }

  private fire(): void {
    const now = this.clock.now().getTime();
    for (let first = this.heap[0]; first !== undefined && first.at <= now; first = this.heap[0]) {
      this.removeFirst();
      if (this.times.get(first.key) !== first.at) continue;
      this.times.delete(first.key);
      this.wake(first.key);
    }
    this.arm();
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink();
  }

  private rise(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  private sink(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = (this.heap[right]?.at ?? Infinity) < (this.heap[left]?.at ?? Infinity) ? right : left;
      if (!this.swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  private swapIfEarlier(child: number, parent: number): boolean {
    const below = this.heap[child];
    const above = this.heap[parent];
    if (below === undefined || above === undefined || below.at >= above.at) return false;
    this.heap[child] = above;
    this.heap[parent] = below;
    return true;
  }
}
