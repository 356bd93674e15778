import { createDAVClient, type DAVCalendar } from 'tsdav';

interface Server {
  /** As people reach it: `http://cal.freehold.test:8008`. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
}
interface Account {
  readonly user: string;
  readonly password: string;
}

/** What a calendar program remembers to see later what changed. */
export interface CalendarState {
  readonly url: string;
  readonly name: string;
  readonly syncToken: string;
  /** By the entry's address: its ETag and its text. */
  readonly entries: Readonly<Record<string, { etag: string; text: string }>>;
}

/** Somebody with a calendar program: tsdav, over CalDAV (RFC 4791, RFC 6578). */
export class CalendarPerson {
  private constructor(private readonly client: Awaited<ReturnType<typeof createDAVClient>>) {}

  static async signIn({ baseUrl, fetch }: Server, { user, password }: Account): Promise<CalendarPerson> {
    const client = await createDAVClient({
      serverUrl: `${baseUrl}/${user}/`,
      credentials: { username: user, password },
      authMethod: 'Basic',
      defaultAccountType: 'caldav',
      fetch,
    });
    return new CalendarPerson(client);
  }

  async makeCalendar(url: string, name: string): Promise<void> {
    succeeded(await this.client.makeCalendar({ url, props: { displayname: name } }));
  }

  /** Writes a new entry. */
  async write(calendar: string, uid: string, summary: string): Promise<void> {
    const { status } = await this.client.createCalendarObject({
      calendar: { url: calendar },
      filename: `${uid}.ics`,
      iCalString: calendarEntry(uid, summary),
    });
    if (status !== 201) throw new Error(`${uid} was answered with ${status}`);
  }

  /** Of every calendar, in the order of their addresses. */
  async look(): Promise<CalendarState[]> {
    const calendars = await this.client.fetchCalendars();
    const sorted = calendars.toSorted((a, b) => a.url.localeCompare(b.url));
    return Promise.all(sorted.map((calendar) => this.#state(calendar)));
  }

  /** Addresses of what is new or different since the token was given; an error when the server does not know it. */
  async changedSince({ url, syncToken }: CalendarState): Promise<string[]> {
    const props = { 'd:getetag': {} };
    const answers = await this.client.syncCollection({ url, props, syncLevel: 1, syncToken });
    return succeeded(answers).flatMap(({ href }) => (href === undefined ? [] : [href]));
  }

  async #state(calendar: DAVCalendar): Promise<CalendarState> {
    const objects = await this.client.fetchCalendarObjects({ calendar });
    return {
      url: calendar.url,
      name: typeof calendar.displayName === 'string' ? calendar.displayName : '',
      syncToken: calendar.syncToken ?? '',
      entries: Object.fromEntries(
        objects.map(({ url, etag, data }) => [new URL(url).pathname, { etag: etag ?? '', text: String(data) }]),
      ),
    };
  }
}

function succeeded<Answer extends { readonly status: number; readonly ok: boolean }>(answers: Answer[]): Answer[] {
  const failed = answers.find(({ ok }) => !ok);
  if (failed !== undefined) throw new Error(`a calendar answered ${failed.status}`);
  return answers;
}

/** An event of a calendar (RFC 5545). */
export const calendarEntry = (uid: string, summary: string): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Freehold//journeys//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260102T100000Z',
    `SUMMARY:${summary}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
