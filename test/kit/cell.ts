import { agreeSubscription, issueKey, registerOperator } from '@freehold/accounts-contract';
import type { Principal, Role } from '@freehold/kernel';
import { type Log, jetStreamLog } from '@freehold/log';
import { OperationClient, readSigningKey, type RunningService, signPrincipal } from '@freehold/platform';
import { contextGround, type ContextGround } from '@freehold/platform/testing';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  bootCellService,
  CELL_SERVICES,
  type CellContext,
  type CellService,
  CONTEXTS,
  HOST,
  type LogLevel,
} from './cell-services.js';
import { issueStaffKey, makeStores, seedCatalogue } from './cell-seeds.js';
import { OperationsClient } from './operations-client.js';

/*
 * One cell in this Node process, on a claim of the run's servers: every service with its own NATS connection, the gateway
 * on a free port, the catalogue seeded as `up` does. What a journey needs to act and to look: keys, clients, the log, and
 * the power to stop, kill and start services one by one.
 */

export interface CellOptions {
  logLevel?: LogLevel;
  /** False: nothing is in the catalogue. */
  seeded?: boolean;
}

export interface Registered {
  id: string;
  /** The owner's key. */
  key: string;
  owner: OperationsClient;
}

export class Cell {
  readonly #running = new Map<CellService, RunningService>();
  #port = 0;
  #operators = 0;

  private constructor(
    readonly ground: ClaimedGround,
    readonly contexts: ContextGround<CellContext | 'gateway'>,
    readonly admin: NatsConnection,
    private readonly logLevel: LogLevel,
  ) {}

  static async start({ logLevel = 'fatal', seeded = true }: CellOptions = {}): Promise<Cell> {
    const ground = await claimGround();
    const contexts = await contextGround(ground, [...CONTEXTS, 'gateway'], ['system', `agent.${HOST}`]);
    const admin = await ground.connect();
    await makeStores(admin);
    const cell = new Cell(ground, contexts, admin, logLevel);
    await Promise.all(CELL_SERVICES.map((name) => cell.boot(name)));
    cell.staffKey = await issueStaffKey(await cell.signedBy('system'), 'staff-admin');
    if (seeded) await seedCatalogue(admin, await cell.signedBy('system'), HOST);
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
    return new OperationsClient(this.url, key);
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
  async registerOperator(wishes: { name?: string; contact?: string; places?: number } = {}): Promise<Registered> {
    const number = ++this.#operators;
    const { name = `Operator ${number}`, contact = `contact-${number}@example.org`, places = 5 } = wishes;
    const { id } = await this.staff.done(registerOperator, { body: { name, contact } });
    await this.staff.done(agreeSubscription, { params: { operator: id }, body: { plan: 'small', places } });
    const key = await this.issueKey(id, 'owner');
    return { id, key, owner: this.client(key) };
  }

  async issueKey(operator: string, role: Role): Promise<string> {
    if (role !== 'owner' && role !== 'administrator' && role !== 'moderator' && role !== 'reader')
      return issueStaffKey(await this.signedBy('system'), role);
    return (await this.staff.done(issueKey, { params: { operator }, body: { role } })).key;
  }

  async boot(name: CellService): Promise<void> {
    const { contexts, logLevel } = this;
    const running = await bootCellService(name, { contexts, logLevel, port: this.#port });
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

  #take(name: CellService): RunningService {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    this.#running.delete(name);
    return running;
  }
}

export const startCell = (options: CellOptions = {}): Promise<Cell> => Cell.start(options);
