/**
 * What the bench uses of Emmett 0.42.0, so that the sources can be checked without it and without the types of MongoDB that
 * its own would need. Source: https://event-driven-io.github.io/emmett/
 */
declare module '@event-driven-io/emmett-postgresql' {
  import type { Pool } from 'pg';

  interface EventStore {
    readonly schema: { migrate(): Promise<unknown> };
    /** @throws when the stream is not at `expectedStreamVersion`. */
    appendToStream(
      stream: string,
      events: readonly { readonly type: string; readonly data: object }[],
      options: { expectedStreamVersion: bigint },
    ): Promise<{ nextExpectedStreamVersion: bigint }>;
    readStream(stream: string): Promise<{ events: readonly { readonly type: string; readonly data: object }[] }>;
    close(): Promise<void>;
  }

  export function getPostgreSQLEventStore(
    connectionString: string,
    options: { connectionOptions: { pool: Pool } },
  ): EventStore;

  interface Projection {
    readonly name: string;
  }

  export function postgreSQLProjection<Data extends object>(definition: {
    name: string;
    canHandle: readonly string[];
    handle(
      events: readonly { readonly data: Data; readonly metadata: { readonly streamName: string } }[],
    ): Promise<void>;
  }): Projection;

  /** Reads all messages from the beginning, and stops when none is left. */
  export function rebuildPostgreSQLProjections(options: {
    connectionString: string;
    pulling: { batchSize: number; pullingFrequencyInMs: number };
    projections: readonly Projection[];
  }): { start(): Promise<void>; close(): Promise<void> };
}
