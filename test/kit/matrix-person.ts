import { ClientEvent, createClient, Direction, EventStatus, Method, Preset, RoomEvent, SyncState } from 'matrix-js-sdk';
import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk';
import { eventually } from '@freehold/supervisor/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { LibraryTimers } from './matrix-timers.js';
import { quietLogger } from './quiet-logger.js';

interface Server {
  /** As people reach it: `http://chat.freehold.test:8008`. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
}
interface Account {
  readonly user: string;
  readonly password: string;
}

const RESEND_AFTER_MS = 200;

/** A message as the other side sees it. */
export interface Received {
  readonly id: string;
  readonly sender: string;
  readonly kind: string;
  readonly text: string;
  /** Of pictures: `mxc://…`. */
  readonly url: string | undefined;
}

/** Somebody with a Matrix client: matrix-js-sdk, as Element uses it, without encryption. */
export class MatrixPerson {
  readonly received: Received[] = [];
  readonly #events = new Map<string, number>();
  readonly #timers = new LibraryTimers();

  private constructor(
    readonly userId: string,
    private readonly client: MatrixClient,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Signs in and begins to listen. */
  static async signIn(server: Server, account: Account): Promise<MatrixPerson> {
    const options = { baseUrl: server.baseUrl, fetchFn: server.fetch, logger: quietLogger };
    const { access_token: accessToken, user_id: userId } = await createClient(options).loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: account.user },
      password: account.password,
    });
    const client = createClient({ ...options, accessToken, userId });
    const person = new MatrixPerson(userId, client, server.fetch);
    await person.#listen();
    return person;
  }

  async #listen(): Promise<void> {
    this.client.on(RoomEvent.Timeline, (event) => this.#hear(event));
    let prepared = false;
    this.client.on(ClientEvent.Sync, (state) => (prepared ||= state === SyncState.Prepared));
    await this.#timers.during(() => this.client.startClient({ initialSyncLimit: 100, pollTimeout: 10_000 }));
    if (!(await eventually(() => prepared))) throw new Error(`${this.userId}: the first sync did not end within 10 s`);
  }

  /** Every event once, however often a sync brings it; how often is kept. A local echo has no id of the server yet. */
  #hear(event: MatrixEvent): void {
    const id = event.getId();
    if (id === undefined || id.startsWith('~') || event.getType() !== 'm.room.message') return;
    const content = event.getContent();
    const before = this.#events.get(id) ?? 0;
    this.#events.set(id, before + 1);
    if (before > 0) return;
    this.received.push({
      id,
      sender: event.getSender() ?? '',
      kind: String(content['msgtype']),
      text: String(content['body']),
      url: typeof content['url'] === 'string' ? content['url'] : undefined,
    });
  }

  /** Only administrators of the server may. Synapse's admin API, "Create or modify account". */
  async createAccount({ user, password }: Account): Promise<void> {
    const serverName = this.userId.slice(this.userId.indexOf(':') + 1);
    const path = `/_synapse/admin/v2/users/${encodeURIComponent(`@${user}:${serverName}`)}`;
    await this.client.http.authedRequest(
      Method.Put,
      path,
      undefined,
      { password, admin: false },
      { prefix: '', priority: 'auto' },
    );
  }

  async createRoom(name: string, invite: MatrixPerson): Promise<string> {
    const { room_id } = await this.client.createRoom({ name, invite: [invite.userId], preset: Preset.PrivateChat });
    return room_id;
  }

  async join(room: string): Promise<void> {
    await this.client.joinRoom(room);
  }

  /**
   * Resolves with the event's id when the server has acknowledged. While it cannot be reached the same message is sent
   * again, as clients do: its transaction id tells the server that it is the same one.
   * @throws what the last try failed with, after `patienceMs` (default: at once)
   */
  async say(room: string, text: string, patienceMs = 0): Promise<string> {
    const transaction = this.client.makeTxnId();
    const deadline = performance.now() + patienceMs;
    let sending = this.client.sendTextMessage(room, text, transaction);
    for (;;) {
      try {
        return (await sending).event_id;
      } catch (error) {
        const unsent = this.client.getRoom(room)?.getEventForTxnId(transaction);
        if (unsent?.status !== EventStatus.NOT_SENT || performance.now() > deadline) throw error;
        await pause(RESEND_AFTER_MS);
        sending = this.#again(room, unsent);
      }
    }
  }

  #again(room: string, unsent: MatrixEvent): ReturnType<MatrixClient['resendEvent']> {
    const known = this.client.getRoom(room);
    if (known === null) throw new Error(`${this.userId} is not in ${room}`);
    return this.client.resendEvent(unsent, known);
  }

  async sendPicture(room: string, name: string, picture: Buffer): Promise<string> {
    const type = 'image/png';
    const { content_uri: url } = await this.client.uploadContent(new Blob([new Uint8Array(picture)], { type }), {
      name,
      type,
    });
    const { event_id } = await this.client.sendImageMessage(room, url, { size: picture.byteLength }, name);
    return event_id;
  }

  /** The bytes of a picture that was received. */
  async download(url: string): Promise<Buffer> {
    const address = this.client.mxcUrlToHttp(url, undefined, undefined, undefined, false, true, true);
    if (address === null) throw new Error(`${url} is not a picture's address`);
    const answer = await this.fetch(address, {
      headers: { authorization: `Bearer ${this.client.getAccessToken() ?? ''}` },
    });
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Stores a file; answers its `mxc://…`. */
  async upload(content: Buffer): Promise<string> {
    const file = new Blob([new Uint8Array(content)], { type: 'application/octet-stream' });
    return (await this.client.uploadContent(file)).content_uri;
  }

  /** Every event of a room as the server has it, the newest first: not what this client remembers. */
  async everyEvent(room: string): Promise<string[]> {
    const found: string[] = [];
    let from: string | null = null;
    do {
      const page = await this.client.createMessagesRequest(room, from, 500, Direction.Backward);
      found.push(...page.chunk.map(({ event_id: id }) => id));
      from = page.end ?? null;
    } while (from !== null);
    return found;
  }

  /** A request of the client-server API, with this device's token: `/user/…` below `/_matrix/client/v3`. */
  ask(path: string): Promise<unknown> {
    return this.client.http.authedRequest(Method.Get, path);
  }

  /** Of this device, since it signed in. */
  get accessToken(): string {
    return this.client.getAccessToken() ?? '';
  }

  /** What the server says the largest upload is, in bytes. */
  async uploadLimitBytes(): Promise<number | undefined> {
    const limits = await this.client.getMediaConfig(true);
    return limits['m.upload.size'];
  }

  leave(): void {
    this.client.stopClient();
    this.#timers.clear();
  }
}
