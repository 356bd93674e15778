import { type MessageHandler, Server } from '@nestjs/microservices';
import type { FollowerServer } from '../followers/follower.server.js';
import type { OperationServer } from '../operations/operation.server.js';

/** Nest takes one strategy per microservice: this one hands operations and followers to theirs. */
export class ServiceServer extends Server {
  constructor(
    private readonly operations: OperationServer,
    private readonly followers: FollowerServer,
  ) {
    super();
  }

  override addHandler(pattern: string, handler: MessageHandler, isEvent = false, extras: Record<string, unknown> = {}) {
    const target = isEvent ? this.followers : this.operations;
    target.addHandler(pattern, handler, isEvent, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    this.followers.listen((error) => (error === undefined ? this.operations.listen(callback) : callback(error)));
  }

  /** Requests first, so that what they append is still followed; then followers, with their bookmarks. */
  async close(): Promise<void> {
    await this.operations.close();
    await this.followers.close();
  }

  on(): never {
    throw new Error('ServiceServer emits no events');
  }

  unwrap<T>(): T {
    return this.operations as T;
  }
}
