import { parentPort, workerData } from 'node:worker_threads';
import { errnoOf } from '../backend/errno.js';
import { type Fetched, type FileOrder, receiveFile } from './receive-file.js';
import { SourceConnections } from './source-connections.js';
import { TransferBroken } from './transfer-broken.js';

export interface OrderMessage {
  readonly job: number;
  readonly order: FileOrder;
}

/** How an order ended. An error is said in words: its class and its code would not come through. */
export type Ended =
  | { readonly kind: 'done'; readonly outcome: Fetched }
  | { readonly kind: 'broken'; readonly what: string; readonly status: number | null; readonly why: string }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };

/** `bytes`: over the network, since the last message about this order. */
export interface ReceivedMessage {
  readonly job: number;
  readonly bytes: number;
  readonly ended?: Ended;
}

const TELL_MS = 100;

/** Does what the main thread asks for, several orders at a time. */
export function receiveOrders(): void {
  const { silentMs } = workerData as { readonly silentMs: number };
  const connections = new SourceConnections(silentMs);
  parentPort?.on('message', (message: OrderMessage) => void answer(connections, message));
}

async function answer(connections: SourceConnections, { job, order }: OrderMessage): Promise<void> {
  let bytes = 0;
  let toldAt = performance.now();
  const tell = (ended?: Ended) => {
    parentPort?.postMessage({ job, bytes, ...(ended === undefined ? {} : { ended }) } satisfies ReceivedMessage, []);
    [bytes, toldAt] = [0, performance.now()];
  };
  const counted = (count: number) => {
    bytes += count;
    if (performance.now() - toldAt >= TELL_MS) tell();
  };
  try {
    tell({ kind: 'done', outcome: await receiveFile(connections, order, counted) });
  } catch (error) {
    tell(endOf(error));
  }
}

function endOf(error: unknown): Ended {
  const text = (of: unknown) => (of instanceof Error ? of.message : String(of));
  if (error instanceof TransferBroken) {
    const { what, status, cause } = error;
    return { kind: 'broken', what, status, why: cause === undefined ? '' : text(cause) };
  }
  return { kind: 'failed', message: text(error), code: errnoOf(error) };
}
