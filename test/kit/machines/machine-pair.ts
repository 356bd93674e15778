import { CalendarPerson, type CalendarState } from '../calendar-person.js';
import type { Installation } from '../installation.js';
import { Doorstep } from './doorstep.js';
import { Internet } from './internet.js';
import { DistantOperator, startProvider } from './provider-machine.js';
import { fetchWheels } from './wheelhouse.js';

const PLACES = { old: '11.22.33.1', new: '11.22.44.2' };
const zoneOf = (machine: string): string => `apps.${machine}.example`;
const hostOf = (machine: string): string => `${machine}.example`;

export interface DistantProvider {
  readonly installation: Installation;
  readonly operator: DistantOperator;
}

/** `https://old.example` and `https://new.example`, and an operator of both who sits at home. */
export class MachinePair implements AsyncDisposable {
  private constructor(
    readonly internet: Internet,
    readonly source: DistantProvider,
    readonly target: DistantProvider,
    private readonly doorstep: Doorstep,
  ) {}

  static async start(): Promise<MachinePair> {
    const machines = Object.entries(PLACES);
    const internet = await Internet.start(PLACES, {
      hosts: { ...Object.fromEntries(machines.map(([name, at]) => [hostOf(name), at])), 'inside.example': '10.0.0.7' },
      delegated: Object.fromEntries(machines.map(([name, at]) => [zoneOf(name), at])),
    });
    try {
      const env = await fetchWheels(internet.folder, 'radicale/requirements/3.9.0.txt');
      const names = await internet.authority.issue(
        'names',
        machines.map(([name]) => `*.${zoneOf(name)}`),
      );
      const provide = async (machine: keyof typeof PLACES): Promise<DistantProvider> => {
        const [host, zone] = [hostOf(machine), zoneOf(machine)];
        const provider = await internet.authority.issue(machine, [host]);
        const installation = await startProvider(internet, { machine, host, zone, provider, names, env });
        return { installation, operator: await DistantOperator.register(internet, installation, host) };
      };
      const source = await provide('old');
      const target = await provide('new');
      return new MachinePair(internet, source, target, await Doorstep.open(internet, 'home'));
    } catch (error) {
      await internet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A calendar server at the old provider, live. */
  async order(label: string): Promise<DistantCalendar> {
    const name = `${label}.${zoneOf('old')}`;
    await this.source.operator.does(['order', 'radicale', '--name', name]);
    const account = Object(await this.source.operator.asks(['show', name, '--first-admin']));
    return new DistantCalendar(name, account, this.doorstep.fetch);
  }

  /** What the name leads to, as is known at home. */
  async addressOf(label: string): Promise<string> {
    const home = this.internet.machine('home');
    return (await home.run(['dig', '+short', `${label}.${zoneOf('old')}`, 'A'])).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.internet[Symbol.asyncDispose]();
    await this.source.installation[Symbol.asyncDispose]();
    await this.target.installation[Symbol.asyncDispose]();
  }
}

/** A calendar server, as somebody at home uses it: by its name, over HTTPS. */
export class DistantCalendar {
  #person: Promise<CalendarPerson> | undefined;

  constructor(
    readonly name: string,
    readonly account: { readonly user: string; readonly password: string },
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Two calendars with ten entries each. */
  async fill(): Promise<CalendarState[]> {
    const person = await this.#signedIn();
    for (const calendar of ['club', 'home']) {
      const url = `https://${this.name}/${this.account.user}/${calendar}/`;
      await person.makeCalendar(url, calendar);
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => person.write(url, `${calendar}-${n}`, `Entry ${n} of ${calendar}`)),
      );
    }
    return this.look();
  }

  async look(): Promise<CalendarState[]> {
    return (await this.#signedIn()).look();
  }

  #signedIn(): Promise<CalendarPerson> {
    const { fetch, account } = this;
    this.#person ??= CalendarPerson.signIn({ baseUrl: `https://${this.name}`, fetch }, account);
    return this.#person;
  }
}
