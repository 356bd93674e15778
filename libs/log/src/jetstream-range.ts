import type { ConsumerInfo } from '@nats-io/jetstream';
import { createInbox, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { backOff, deadlineIn } from './backoff.js';
import { addConsumer, type ConsumerOptions, stopWhenReconnected } from './jetstream-follow.js';
import { askApi } from './jetstream-request.js';
import { LogUnavailable } from './log.errors.js';
import type { RawCommit } from './log.port.js';

/**
 * Reading a part of one volume that is there already, as fast as the connection brings it: what has come in one go is one batch.
 * The consumer is that of following (jetstream-follow.ts) and as little is kept of it, but messages are asked for by hand: the
 * client's iterators cost a message as much as everything else together.
 */
export interface RangeOptions extends ConsumerOptions {
  /** The sequence of the last message that is wanted; it is there. */
  until: number;
  /** How many commits may be on their way or not handed out yet; asked for again when half of them have come. */
  ahead: number;
}

/** A pull ends when it has brought so much, however few that are: two of them at most are on their way or not handed out yet. */
const PULLED_BYTES = 8 * 1024 ** 2;
const EXPIRES_NS = 30e9;
/** What is wanted is there: a server that is silent for so long has forgotten who asked. */
const UNHEARD_MS = 3_000;
const SILENCE_MS = 10_000;

/** @throws LogUnavailable after ten seconds in which nothing came, or when the connection is closed for good. */
export async function* batchesOfVolume(options: RangeOptions): AsyncGenerator<readonly RawCommit[], void, undefined> {
  const { connection, volume, until } = options;
  let { after } = options;
  let deadline = deadlineIn(SILENCE_MS);
  for (let failures = 0; after < until; failures += 1) {
    if (failures > 0 && (connection.isClosed() || !(await backOff(failures, deadline))))
      throw new LogUnavailable(`the commits ${after + 1} to ${until} of volume ${volume}`);
    await using delivery = await Delivery.begin({ ...options, after });
    for (let batch = await delivery?.next(); batch !== undefined; batch = await delivery?.next()) {
      after = delivery?.handedOut ?? after;
      failures = 0;
      yield batch;
      deadline = deadlineIn(SILENCE_MS);
    }
  }
}

/** What one consumer delivers, until the end, a gap, or an interruption. */
class Delivery implements AsyncDisposable {
  readonly #subscription: Subscription;
  readonly #unwatch: () => void;
  readonly #inbox: string;
  #held: RawCommit[] = [];
  /** Sequence of the last message that came, and of the last one that was handed out. */
  #last: number;
  #handedOut: number;
  #asked = 0;
  #delivered = 0;
  #hasEnded = false;
  #wake: (() => void) | null = null;

  private constructor(
    private readonly consumer: ConsumerInfo,
    private readonly options: RangeOptions,
  ) {
    const { connection, after } = options;
    this.#last = after;
    this.#handedOut = after;
    this.#inbox = createInbox(inboxPrefixOf(connection));
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => (error === null ? this.#take(message) : this.#end()),
    });
    this.#unwatch = stopWhenReconnected(connection, () => this.#end());
  }

  /** Undefined: it could not be made. */
  static async begin(options: RangeOptions): Promise<Delivery | undefined> {
    const made = await addConsumer(options).catch(() => undefined);
    return made === undefined ? undefined : new Delivery(made, options);
  }

  get handedOut(): number {
    return this.#handedOut;
  }

  /** All that has come. Undefined: nothing more will. */
  async next(): Promise<readonly RawCommit[] | undefined> {
    this.#pull();
    while (this.#held.length === 0 && !this.#hasEnded) {
      await this.#something();
      this.#pull();
    }
    if (this.#held.length === 0) return undefined;
    const batch = this.#held;
    this.#held = [];
    this.#handedOut = this.#last;
    return batch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch();
    this.#subscription.unsubscribe();
    const { stream_name: stream, name } = this.consumer;
    await askApi(this.options.connection, `CONSUMER.DELETE.${stream}.${name}`).catch(() => undefined);
  }

  #pull(): void {
    const underWay = this.#asked - this.#delivered;
    const wanted = this.options.until - this.#last - underWay;
    const { ahead } = this.options;
    const unread = underWay + this.#held.length;
    if (this.#hasEnded || wanted <= 0 || unread > ahead / 2) return;
    const batch = Math.min(ahead - unread, wanted);
    this.#asked += batch;
    const { stream_name: stream, name } = this.consumer;
    const { connection } = this.options;
    const bytes = Math.max(PULLED_BYTES, 2 * (connection.info?.max_payload ?? 0)); // of any message more than one
    const pull = JSON.stringify({ batch, max_bytes: bytes, expires: EXPIRES_NS });
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, pull, { reply: this.#inbox });
  }

  #take(message: Msg): void {
    if (this.#hasEnded) return;
    const place = placeOf(message.reply);
    if (place === null) return this.#hear(message);
    this.#delivered += 1;
    // A message was lost on the way.
    if (place.delivery !== this.#delivered || place.sequence > this.options.until) return this.#end();
    this.#last = place.sequence;
    const { subject, data: body } = message;
    this.#held.push({ position: `${this.options.volume}:${place.sequence}`, time: place.time, subject, body });
    if (this.#last === this.options.until) this.#end();
    else this.#wake?.();
  }

  /** Word of a pull. Only here are headers looked at: those of a commit would be taken apart for it. */
  #hear({ headers }: Msg): void {
    const left = leftOfPull(headers);
    if (left === null) return this.#end(); // it has ended before its time
    this.#asked -= left;
    this.#wake?.();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** Until something has come; ends when nothing does. */
  async #something(): Promise<void> {
    const timer = setTimeout(() => this.#end(), UNHEARD_MS);
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    clearTimeout(timer);
  }
}

/**
 * Where a message stands, by the subject that acknowledges it: `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.
 * <stream sequence>.<consumer sequence>.<time in ns>.<pending>[.<token>]` (ADR-15 of nats-architecture-and-design).
 */
function placeOf(reply: string | undefined): { sequence: number; delivery: number; time: string } | null {
  if (reply === undefined || !reply.startsWith('$JS.ACK.')) return null;
  const tokens = reply.split('.');
  const at = tokens.length > 9 ? 7 : 5;
  return { sequence: Number(tokens[at]), delivery: Number(tokens[at + 1]), time: tokens[at + 2] ?? '' };
}

/** Words of a pull that has brought as much as it may: bytes, or messages (`consumer.go` of nats-server). */
const COMPLETED = ['Message Size Exceeds MaxBytes', 'Batch Completed'];

/** How many messages a pull leaves that has brought as much as it may (ADR-13 of nats-architecture-and-design); null: it is no word of that. */
const leftOfPull = (headers: MsgHdrs | undefined): number | null =>
  headers?.code === 409 && COMPLETED.includes(headers.description)
    ? Number(headers.get('Nats-Pending-Messages'))
    : null;

/** Where answers to this user come; the client keeps it to itself. */
function inboxPrefixOf(connection: NatsConnection): string | undefined {
  const options: unknown = Reflect.get(connection, 'options');
  if (typeof options !== 'object' || options === null || !('inboxPrefix' in options)) return undefined;
  return typeof options.inboxPrefix === 'string' ? options.inboxPrefix : undefined;
}
