import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Installation } from '../kit/installation.js';
import { routerFetch } from '../kit/router-agent.js';

export interface Account {
  readonly user: string;
  readonly password: string;
}

/** An entry of a calendar (RFC 5545), with a text that is nowhere else. */
export interface Entry {
  readonly uid: string;
  readonly summary: string;
}

export const newEntry = (uid: string): Entry => ({ uid, summary: randomBytes(12).toString('hex') });

const PATIENCE_MS = 5_000;

/** One calendar in Radicale, over its own protocol (CalDAV, RFC 4791). Anything but a final 2xx was not acknowledged. */
export class Calendar {
  constructor(
    readonly name: string,
    private readonly account: Account,
  ) {}

  get #headers(): Record<string, string> {
    const { user, password } = this.account;
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }

  get #path(): string {
    return `/${this.account.user}/calendar/`;
  }

  /** By its name, at this installation's router. */
  async make(at: Installation): Promise<boolean> {
    return (await this.#byName(at, this.#path, { method: 'MKCALENDAR' }))?.status === 201;
  }

  async put(at: Installation, entry: Entry): Promise<boolean> {
    const init = { method: 'PUT', headers: { 'content-type': 'text/calendar' }, body: textOf(entry) };
    const answer = await this.#byName(at, `${this.#path}${entry.uid}.ics`, init);
    return answer?.status === 201;
  }

  /** What is there, each entry as often as it is there; undefined while nobody answers. */
  async entries(at: Installation): Promise<Entry[] | undefined> {
    const answer = await this.#byName(at, this.#path, {});
    return answer?.status === 200 ? entriesIn(await answer.text().catch(() => '')) : undefined;
  }

  /** Past the router: to a unit that listens on this port of the machine. Resolves to whether it was accepted. */
  putDirectly(port: number, entry: Entry): Promise<boolean> {
    const body = textOf(entry);
    const headers = { ...this.#headers, 'content-type': 'text/calendar', 'content-length': Buffer.byteLength(body) };
    const path = `${this.#path}${entry.uid}.ics`;
    return new Promise((resolve) => {
      const asking = request(
        { host: '127.0.0.1', port, path, method: 'PUT', headers, timeout: PATIENCE_MS },
        (answer) => {
          answer
            .resume()
            .on('end', () => resolve(answer.statusCode === 201))
            .on('error', () => resolve(false));
        },
      );
      asking.on('timeout', () => asking.destroy()).on('error', () => resolve(false));
      asking.end(body);
    });
  }

  #byName({ router }: Installation, path: string, init: RequestInit): Promise<Response | undefined> {
    const headers = { ...this.#headers, ...Object.fromEntries(new Headers(init.headers)) };
    const asked = { ...init, headers, signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'manual' as const };
    return routerFetch(router)(`http://${this.name}:${router.port}${path}`, asked).catch(() => undefined);
  }
}

const textOf = ({ uid, summary }: Entry): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//freehold//faults//EN', 'BEGIN:VEVENT', `UID:${uid}`],
    ...[
      'DTSTAMP:20260101T000000Z',
      'DTSTART:20260101T000000Z',
      `SUMMARY:${summary}`,
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ],
  ].join('\r\n');

export function entriesIn(text: string): Entry[] {
  const events = text.split('BEGIN:VEVENT').slice(1);
  const field = (event: string, name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(event)?.[1] ?? '';
  return events.map((event) => ({ uid: field(event, 'UID'), summary: field(event, 'SUMMARY') }));
}
