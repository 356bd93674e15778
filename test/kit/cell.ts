import { agreeSubscription, issueKey, registerOperator } from '@freehold/accounts-contract';
import { processes } from '@freehold/deployment-contract';
import type { Position, Principal, Role } from '@freehold/kernel';
import { type Log, jetStreamLog } from '@freehold/log';
import { OperationClient, readSigningKey, type RunningService, signPrincipal, Views } from '@freehold/platform';
import { contextGround, type ContextGround, SeenPositions } from '@freehold/platform/testing';
import { freePort } from '@freehold/supervisor';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import {
  agentFolder,
  bootCellService,
  CELL_SERVICES,
  type CellContext,
  type CellService,
  CONTEXTS,
  HOST,
  type LogLevel,
  makeProviderKeys,
} from './cell-services.js';
import { issueStaffKey, makeStores, seedCatalogue, setCapacity } from './cell-seeds.js';
import { hosts, type Amounts } from '@freehold/provisioning-contract';
import { Kvm } from '@nats-io/kv';
import { kvStore, openVault, readIdentityFile, type Vault, VAULT_BUCKET } from '@freehold/vault';
import { join } from 'node:path';
import { CellHost } from './cell-agent.js';
import { OperationsClient } from './operations-client.js';

/*
 * One cell in this Node process, on a claim of the run's servers: every service with its own NATS connection, the gateway
 * on a free port, the catalogue seeded as `up` does. What a journey needs to act and to look: keys, clients, the log, and
 * the power to stop, kill and start services one by one.
 */

export interface CellOptions {
  logLevel?: LogLevel;
  /** `none`: nobody installs or starts anything; orders wait for it. */
  agent?: 'memory' | 'none';
  /** What the host has, instead of what is measured. */
  capacity?: Amounts;
}

export interface Registered {
  id: string;
  /** The owner's key. */
  key: string;
  owner: OperationsClient;
}

/** Enough for every test; the measured one would be enough for ten small applications. */
const PLENTY: Amounts = { memoryBytes: 2 ** 42, cpuMillis: 1_000_000, diskBytes: 2 ** 46 };

export class Cell {
  readonly #running = new Map<CellService, RunningService>();
  /** The machine of the agent in memory. */
  readonly host = new CellHost();
  readonly #seen = new SeenPositions();
  #port = 0;
  #operators = 0;

  private constructor(
    readonly ground: ClaimedGround,
    readonly contexts: ContextGround<CellContext | 'gateway'>,
    readonly admin: NatsConnection,
    private readonly logLevel: LogLevel,
  ) {}

  static async start({ logLevel = 'fatal', agent = 'memory', capacity = PLENTY }: CellOptions = {}): Promise<Cell> {
    const ground = await claimGround();
    const contexts = await contextGround(ground, [...CONTEXTS, 'gateway'], ['system', `agent.${HOST}`]);
    const admin = await ground.connect();
    await makeStores(admin);
    await makeProviderKeys(ground.folder);
    const cell = new Cell(ground, contexts, admin, logLevel);
    cell.#port = await freePort();
    const services = CELL_SERVICES.filter((name) => name !== 'agent' || agent === 'memory');
    await Promise.all(services.map((name) => cell.boot(name)));
    const system = await cell.signedBy('system');
    cell.staffKey = await issueStaffKey(system, 'staff-admin');
    await seedCatalogue(admin, system, HOST);
    if (agent === 'memory' && !(await eventually(() => cell.#hostJoined(), { timeoutMs: 30_000 })))
      throw new Error('the host did not join');
    await setCapacity(system, await readIdentityFile(join(agentFolder(ground.folder), 'identity.age')), capacity);
    await cell.reach(await cell.log.head());
    return cell;
  }

  /** Key of a staff-admin. */
  staffKey = '';

  /** Where the gateway listens; the same after a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get log(): Log {
    return jetStreamLog({ connection: this.admin });
  }

  get staff(): OperationsClient {
    return this.client(this.staffKey);
  }

  client(key: string | null): OperationsClient {
    return new OperationsClient(this.url, key, this.#seen);
  }

  /** Asks over NATS, as a program of the cell does: principals are signed with this signer's key. */
  async signedBy(signer: string): Promise<OperationClient> {
    const key = await readSigningKey(this.contexts.signingKeyFile(signer));
    return new OperationClient({
      connection: this.admin,
      sign: (principal: Principal) => signPrincipal(key, signer, principal),
    });
  }

  /** A new operator with a subscription and its owner's key. */
  async registerOperator(
    wishes: { name?: string; contact?: string; places?: number | null } = {},
  ): Promise<Registered> {
    const number = ++this.#operators;
    const { name = `Operator ${number}`, contact = `contact-${number}@example.org`, places = 5 } = wishes;
    const { id } = await this.staff.done(registerOperator, { body: { name, contact } });
    return this.subscribe(id, places);
  }

  /** Gives an operator a subscription (null: none) and its owner a key. */
  async subscribe(id: string, places: number | null = 5): Promise<Registered> {
    if (places !== null)
      await this.staff.done(agreeSubscription, { params: { operator: id }, body: { plan: 'small', places } });
    const key = await this.issueKey(id, 'owner');
    return { id, key, owner: this.client(key) };
  }

  async issueKey(operator: string, role: Role): Promise<string> {
    if (role !== 'owner' && role !== 'administrator' && role !== 'moderator' && role !== 'reader')
      return issueStaffKey(await this.signedBy('system'), role);
    return (await this.staff.done(issueKey, { params: { operator }, body: { role } })).key;
  }

  databasePassword(context: CellContext): string {
    return readFileSync(this.contexts.configurationOf(context).databasePasswordFile, 'utf8');
  }

  /** Waits until the read models of all contexts contain the commit at `position`. */
  async reach(position: Position): Promise<void> {
    for (const context of CONTEXTS) {
      const running = this.#running.get(context);
      const views = running?.app.get(Views, { strict: false });
      await views?.runner.waitFor(position, { timeoutMs: 20_000 });
    }
  }

  /** Waits until no process of these operators is under way. */
  async settled(operators: readonly string[]): Promise<void> {
    const after = await this.log.head();
    for (const operator of operators) {
      const ended = async () => {
        const { items } = await this.staff.done(processes.list, { params: { operator }, body: { after, limit: 200 } });
        return items.every(({ recorded }) => recorded.endedAt !== null);
      };
      if (!(await eventually(ended, { timeoutMs: 30_000 })))
        throw new Error(`something of ${operator} is still under way`);
    }
  }

  async boot(name: CellService): Promise<void> {
    const { contexts, logLevel, host, ground } = this;
    const running = await bootCellService(name, { contexts, logLevel, host, folder: ground.folder, port: this.#port });
    this.#running.set(name, running);
    if (running.url !== null) this.#port = Number(new URL(running.url).port);
  }

  /** Ends a service orderly. */
  async stop(name: CellService): Promise<void> {
    await this.#take(name).stop();
  }

  /** Cuts a service off in the middle of whatever it does: nothing is answered, drained or written any more. */
  async crash(name: CellService): Promise<void> {
    const running = this.#take(name);
    await running.connection.close();
    await running.stop().catch(() => undefined);
  }

  async restart(...names: readonly CellService[]): Promise<void> {
    for (const name of names) await this.stop(name);
    await Promise.all(names.map((name) => this.boot(name)));
  }

  async close(): Promise<void> {
    for (const name of [...CELL_SERVICES].reverse()) if (this.#running.has(name)) await this.stop(name);
    await this.ground.release();
  }

  async openVault(): Promise<Vault> {
    const { masterKeyFile } = this.contexts.configurationOf('accounts');
    return openVault({ store: await kvStore(this.admin), masterKeyFile });
  }

  /** Names of everything that lies in the vault. */
  async vaultKeys(): Promise<string[]> {
    const bucket = await new Kvm(this.admin).open(VAULT_BUCKET);
    return Array.fromAsync(await bucket.keys());
  }

  async #hostJoined(): Promise<boolean> {
    const found = await this.client(this.staffKey).call(hosts.get, { params: { host: HOST } });
    return found.kind === 'done';
  }

  #take(name: CellService): RunningService {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    this.#running.delete(name);
    return running;
  }
}

export const startCell = (options: CellOptions = {}): Promise<Cell> => Cell.start(options);
