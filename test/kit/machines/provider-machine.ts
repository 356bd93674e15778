import { readFileSync } from 'node:fs';
import { type CommandResult, CommandFailed, runFreehold } from '../freehold-command.js';
import { type Installation, startInstallation } from '../installation.js';
import { startHttpsFront } from './https-front.js';
import type { Internet } from './internet.js';
import type { Certificate } from './test-authority.js';

/** Where the data of moves is handed out, on the installation's loopback address; each machine has its own. */
const TRANSFER_PORT = 8421;

export interface ProviderPlace {
  readonly machine: string;
  /** Host name of its API. */
  readonly host: string;
  readonly zone: string;
  readonly provider: Certificate;
  readonly names: Certificate;
  /** More variables, such as pip's. */
  readonly env: Readonly<Record<string, string>>;
}

/** A provider as one that is meant for others: an installation on a machine of its own, with nginx in front. */
export async function startProvider(internet: Internet, place: ProviderPlace): Promise<Installation> {
  const { host, zone, provider, names } = place;
  const machine = internet.machine(place.machine);
  const installation = await startInstallation({
    machine,
    args: ['--zone', zone],
    env: {
      FREEHOLD_PUBLIC_URL: `https://${host}`,
      FREEHOLD_PUBLIC_ADDRESS: machine.address,
      FREEHOLD_TRANSFER_PORT: String(TRANSFER_PORT),
      FREEHOLD_DNS_ADDRESS: machine.address,
      FREEHOLD_DNS_PORT: '53',
      NODE_EXTRA_CA_CERTS: internet.authority.file,
      ...place.env,
    },
  });
  const { address: loopback, port: router } = installation.router;
  const ports = { api: Number(new URL(installation.address).port), router, transfer: TRANSFER_PORT };
  await startHttpsFront(internet, machine, { host, loopback, ports, provider, names });
  return installation;
}

/** An operator who sits at home and types commands for one provider. */
export class DistantOperator {
  private constructor(
    private readonly internet: Internet,
    private readonly profile: string,
    readonly id: string,
  ) {}

  /** Registered by the provider's staff, on its machine; logs in from home. */
  static async register(internet: Internet, installation: Installation, host: string): Promise<DistantOperator> {
    const who = ['--name', 'Choir', '--contact', 'choir@example.org', '--plan', 'small', '--places', '5'];
    const { id } = Object(await installation.freeholdJson(['operator', 'register', ...who]));
    const { key } = Object(await installation.freeholdJson(['key', 'issue', '--role', 'owner', '--operator', id]));
    const operator = new DistantOperator(internet, `${installation.folder}/operator.json`, id);
    await operator.does(['login', '--address', `https://${host}`, '--key-stdin'], { input: key });
    return operator;
  }

  /** A command as it is typed. */
  types(args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}): Promise<CommandResult> {
    const env = { NODE_EXTRA_CA_CERTS: this.internet.authority.file, ...more.env };
    const { prefix } = this.internet.machine('home');
    return runFreehold(args, { profile: this.profile, prefix, timeoutMs: 300_000, ...more, env });
  }

  /** What it prints. @throws CommandFailed unless it ends with 0 */
  async does(args: readonly string[], more: { input?: string } = {}): Promise<string> {
    const result = await this.types(args, more);
    if (result.exitCode !== 0) throw new CommandFailed(args, result);
    return result.stdout;
  }

  async asks(args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.does([...args, '--json']));
  }

  /** Address that it talks to. */
  get address(): string {
    return Object(JSON.parse(readFileSync(this.profile, 'utf8'))).address;
  }
}
