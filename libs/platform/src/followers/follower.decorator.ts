import type { Position, StoredCommit } from '@freehold/kernel';
import { UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { PassExceptionsOn } from '../operations/operation.decorator.js';

export const FOLLOWER_TRANSPORT = Symbol('freehold followers of the log');

export interface FollowerOptions<Self> {
  /** Unique in the cell; names the bookmark: `deployment-processes`. */
  name: string;
  /** A subject with wildcards. Default: the whole log. */
  filter?: string;
  /**
   * True (default): an aggregate whose commit cannot be handled is put aside with all its later commits. False: the
   * follower stops there. Both are visible in health.
   */
  parks?: boolean;
  /** Commits at once, of different aggregates. Default 16. */
  concurrency?: number;
  /** The bookmark is not written beyond this position; null: no limit. */
  safeBookmark?: (self: Self) => Position | null;
  /** At start, before the first commit: all that it follows from the bookmark to the head, instead of commit by commit. */
  resume?: (self: Self, commits: AsyncIterable<StoredCommit>) => Promise<unknown>;
}

/** What the server asks of a marked method. */
export type FollowerRequest =
  | { kind: 'commit'; commit: StoredCommit }
  | { kind: 'limit' }
  | { kind: 'resume'; commits: AsyncIterable<StoredCommit> };

export interface FollowerSettings {
  name: string;
  filter: string;
  parks: boolean;
  concurrency: number;
  limits: boolean;
  resumes: boolean;
}

/**
 * Marks the method of a controller that handles the commits of the log one by one: in order per aggregate, again after
 * a crash. What it throws is retried, or parks the aggregate (disposition.ts).
 */
export const Follower =
  <Self>(options: FollowerOptions<Self>) =>
  (
    target: Self & object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(commit: StoredCommit) => Promise<void>>,
  ): void => {
    const { value: handle } = descriptor;
    if (handle === undefined) throw new TypeError('@Follower marks methods only');
    const answer = async function (this: Self, request: FollowerRequest): Promise<unknown> {
      switch (request.kind) {
        case 'commit':
          return handle.call(this, request.commit);
        case 'limit':
          return options.safeBookmark?.(this) ?? null;
        case 'resume':
          return options.resume?.(this, request.commits);
      }
    };
    const settings: FollowerSettings = {
      name: options.name,
      filter: options.filter ?? 'log.>',
      parks: options.parks ?? true,
      concurrency: options.concurrency ?? 16,
      limits: options.safeBookmark !== undefined,
      resumes: options.resume !== undefined,
    };
    Object.assign(descriptor, { value: answer });
    EventPattern<string>(`follow.${options.name}`, FOLLOWER_TRANSPORT, { settings })(target, key, descriptor);
    UseFilters(PassExceptionsOn)(target, key, descriptor);
  };
