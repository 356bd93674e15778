import type { Log } from '@freehold/log';
import { BaseRpcContext, type MessageHandler, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Health } from '../service/health.js';
import type { Bookmarks, ParkedAggregate } from './bookmarks.js';
import { FOLLOWER_TRANSPORT, type FollowerRequest, type FollowerSettings } from './follower.decorator.js';
import { Following } from './following.js';

export interface FollowerServerOptions {
  log: () => Log;
  bookmarks: Bookmarks;
  /** Commits after which a bookmark is written. Default 200. */
  writeEvery?: number;
  /** Or this long after the first that is not written. Default 1 s. */
  writeAfterMs?: number;
  /** Nothing is followed before it is kept. */
  mayFollow: Promise<void>;
}

/** Nest strategy: hands the commits of the log to the methods marked `@Follower`, each with a bookmark of its own. */
export class FollowerServer extends Server {
  readonly #followings = new Map<string, Following>();

  constructor(private readonly options: FollowerServerOptions) {
    super();
    this.setTransportId(FOLLOWER_TRANSPORT);
  }

  override addHandler(pattern: string, handler: MessageHandler, isEvent = true, extras: Record<string, unknown> = {}) {
    if (this.messageHandlers.has(pattern)) throw new Error(`Two handlers are marked with the follower ${pattern}`);
    super.addHandler(pattern, handler, isEvent, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    for (const [pattern, handler] of this.messageHandlers) {
      const settings = handler.extras?.['settings'] as FollowerSettings;
      const ask = async (request: FollowerRequest): Promise<unknown> => {
        const result: unknown = await handler(request, new BaseRpcContext([pattern]));
        return lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
      };
      const { writeEvery = 200, writeAfterMs = 1_000, bookmarks, mayFollow } = this.options;
      const following = new Following({ settings, ask, log: this.options.log(), bookmarks, writeEvery, writeAfterMs });
      this.#followings.set(settings.name, following);
      void mayFollow.then(() => following.start());
    }
    callback();
  }

  /** Ends when everything begun is handled and the bookmarks are written. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#followings.values()].map((each) => each.stop()));
  }

  /** What is put aside, by follower. */
  parked(): Record<string, readonly ParkedAggregate[]> {
    return Object.fromEntries([...this.#followings].map(([name, each]) => [name, each.parked()]));
  }

  /**
   * Handles a parked aggregate's commits again, from the one that failed; it is parked again if that fails.
   *
   * @returns whether it was parked.
   */
  async resume(follower: string, subject: string): Promise<boolean> {
    return (await this.#followings.get(follower)?.resume(subject)) ?? false;
  }

  health(): Health {
    const all = [...this.#followings].map(([name, each]) => [name, each.status()] as const);
    const stopped = all.some(([, { stopped: reason }]) => reason !== null);
    const aside = all.some(([, { parked }]) => parked.length > 0);
    return { status: stopped ? 'down' : aside ? 'degraded' : 'up', details: Object.fromEntries(all) };
  }

  on(): never {
    throw new Error('FollowerServer emits no events');
  }

  unwrap<T>(): T {
    return this.#followings as T;
  }
}
