import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { calendarEntry, CalendarPerson, type CalendarState } from '../calendar-person.js';

type Fetch = typeof globalThis.fetch;
const PATIENCE_MS = 5_000;

/** A calendar server, as somebody at home uses it: by its name, over HTTPS. */
export class DistantCalendar {
  #person: Promise<CalendarPerson> | undefined;

  constructor(
    readonly name: string,
    readonly account: { readonly user: string; readonly password: string },
    private readonly fetch: Fetch,
  ) {}

  /** Two calendars with ten entries each. */
  async fill(): Promise<CalendarState[]> {
    const person = await this.#signedIn();
    for (const calendar of ['club', 'home']) {
      const url = this.#urlOf(calendar);
      await person.makeCalendar(url, calendar);
      const entries = Array.from({ length: 10 }, (_, n) => n);
      await Promise.all(entries.map((n) => person.write(url, `${calendar}-${n}`, `Entry ${n} of ${calendar}`)));
    }
    return this.look();
  }

  async look(): Promise<CalendarState[]> {
    return (await this.#signedIn()).look();
  }

  /** Makes a calendar and writes into it, one entry after the other, until it is told to stop. */
  async write(calendar: string): Promise<DistantWriter> {
    const url = this.#urlOf(calendar);
    await (await this.#signedIn()).makeCalendar(url, calendar);
    return new DistantWriter(url, this.account, this.fetch);
  }

  #urlOf(calendar: string): string {
    return `https://${this.name}/${this.account.user}/${calendar}/`;
  }

  #signedIn(): Promise<CalendarPerson> {
    const { fetch, account } = this;
    this.#person ??= CalendarPerson.signIn({ baseUrl: `https://${this.name}`, fetch }, account);
    return this.#person;
  }
}

/** What is not answered with 201 in time counts as not written, and is not written again. */
class DistantWriter implements AsyncDisposable {
  readonly acknowledged: string[] = [];
  #isOver = false;
  readonly #ended: Promise<void>;

  constructor(
    readonly url: string,
    private readonly account: { readonly user: string; readonly password: string },
    private readonly fetch: Fetch,
  ) {
    this.#ended = this.#run();
  }

  async stop(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#ended;
    return this.acknowledged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      const uid = `written-${n}`;
      if (await this.#put(uid).catch(() => false)) this.acknowledged.push(uid);
    }
  }

  async #put(uid: string): Promise<boolean> {
    const { user, password } = this.account;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const { status } = await this.fetch(`${this.url}${uid}.ics`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'text/calendar' },
      body: calendarEntry(uid, uid),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return status === 201;
  }
}

/** Something that an application keeps, as if it had always been there. Answers its digest. */
export async function keep(folder: string, name: string, sizeBytes: number): Promise<string> {
  const { uid, gid } = await stat(folder);
  const path = join(folder, name);
  await writeFile(path, randomBytes(sizeBytes));
  await chown(path, uid, gid);
  return digestOf(path);
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
