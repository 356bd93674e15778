import { join } from 'node:path';
import { z } from 'zod';
import { environmentFolder } from '../remains.js';
import type { Installation } from '../installation.js';
import { DistantCalendar } from './distant-calendar.js';
import { Doorstep } from './doorstep.js';
import { Internet } from './internet.js';
import { DistantOperator, startProvider } from './provider-machine.js';
import { fetchWheels } from './wheelhouse.js';

/** The United States' Department of Defense has these and announces none; to a policy they are public. */
const PLACES = { old: '11.22.33.1', new: '11.22.44.2' };
type Name = keyof typeof PLACES;

export interface DistantProvider {
  readonly machine: Name;
  readonly installation: Installation;
  readonly operator: DistantOperator;
}

const Taken = z.object({ arrival: z.string(), deployment: z.string() });
const Shown = z.object({ recorded: z.object({ environment: z.string(), status: z.string(), epoch: z.number() }) });
const Progress = z.object({
  progress: z
    .object({
      recorded: z.object({
        status: z.string(),
        findings: z.array(z.unknown()),
        steps: z.array(z.object({ name: z.string(), state: z.string() })),
      }),
    })
    .nullable(),
});

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
    const hosts = { ...Object.fromEntries(machines.map(([name, at]) => [hostOf(name), at])), ...OTHERS };
    const delegated = Object.fromEntries(machines.map(([name, at]) => [zoneOf(name), at]));
    const internet = await Internet.start(PLACES, { hosts, delegated });
    const started: Installation[] = [];
    try {
      const env = await fetchWheels(internet.folder, 'radicale/requirements/3.9.0.txt');
      const zones = machines.map(([name]) => `*.${zoneOf(name)}`);
      const names = await internet.authority.issue('names', zones);
      const provide = async (machine: Name): Promise<DistantProvider> => {
        const [host, zone] = [hostOf(machine), zoneOf(machine)];
        const provider = await internet.authority.issue(machine, [host]);
        const installation = await startProvider(internet, { machine, host, zone, provider, names, env });
        started.push(installation);
        return { machine, installation, operator: await DistantOperator.register(internet, installation, host) };
      };
      const source = await provide('old');
      const target = await provide('new');
      return new MachinePair(internet, source, target, await Doorstep.open(internet, 'home'));
    } catch (error) {
      await internet[Symbol.asyncDispose]();
      for (const installation of started) await installation[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A calendar server at the source, live. */
  async order(label: string): Promise<DistantCalendar> {
    const name = `${label}.${zoneOf('old')}`;
    await this.source.operator.does(['order', 'radicale', '--name', name]);
    const account = Account.parse(await this.source.operator.asks(['show', name, '--first-admin']));
    return new DistantCalendar(name, account, this.doorstep.fetch());
  }

  /** The answer of one machine for a name, wherever it leads. */
  async ask({ machine }: DistantProvider, url: string): Promise<Response> {
    return this.doorstep.fetch(PLACES[machine])(url, { signal: AbortSignal.timeout(10_000) });
  }

  /** What the name leads to, as is known at home. */
  async addressOf(name: string): Promise<string> {
    return (await this.internet.machine('home').run(['dig', '+short', name, 'A'])).trim();
  }

  /** Grants and takes; answers the arrival. The providers go on by themselves. */
  async begin(name: string): Promise<string> {
    const to = ['--to', `https://${hostOf('new')}`];
    const input = await this.source.operator.does(['move', 'grant', name, ...to]);
    const taken = await this.target.operator.does(['move', 'take', '-', '--no-wait', '--json'], { input });
    return Taken.parse(JSON.parse(taken)).arrival;
  }

  /** How the move stands, as the target tells at home. @throws CommandFailed while it cannot be asked */
  async progress(arrival: string) {
    const { progress } = Progress.parse(await this.target.operator.asks(['move', 'status', arrival]));
    if (progress === null) throw new Error('the move has no process');
    return progress.recorded;
  }

  async show({ operator }: DistantProvider, name: string) {
    return Shown.parse(await operator.asks(['show', name])).recorded;
  }

  /** As staff see it on the machine itself, whatever its link does. */
  async statusAt({ installation, operator }: DistantProvider, name: string): Promise<string> {
    return Shown.parse(await installation.freeholdJson(['show', name, '--operator', operator.id])).recorded.status;
  }

  /** Where the application's files lie at a provider. */
  async filesOf(provider: DistantProvider, name: string): Promise<string> {
    const { environment } = await this.show(provider, name);
    return join(environmentFolder(provider.installation, environment), 'files');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.internet[Symbol.asyncDispose]();
    await this.source.installation[Symbol.asyncDispose]();
    await this.target.installation[Symbol.asyncDispose]();
  }
}

const Account = z.object({ user: z.string(), password: z.string() });
const zoneOf = (machine: string): string => `apps.${machine}.example`;
const hostOf = (machine: string): string => `${machine}.example`;
/** Names that lead to where no provider is asked, and to one whose certificate nobody knows. */
const OTHERS = { 'inside.example': '10.0.0.7', 'stranger.example': '11.22.33.53' };
