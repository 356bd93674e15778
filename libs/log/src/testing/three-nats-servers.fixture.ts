import { freePort } from '@freehold/supervisor';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAMES = ['a', 'b', 'c'] as const;

/** Three NATS servers of a test's own, one cluster, in a folder of their own; each may be killed and started again. */
export class ThreeNatsServers implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'freehold-three-'));
  readonly #running = new Map<string, ChildProcess>();
  readonly #connections: NatsConnection[] = [];

  private constructor(
    private readonly executable: string,
    private readonly ports: ReadonlyMap<string, { client: number; cluster: number }>,
  ) {}

  /** @param executable path of nats-server, or its name on PATH */
  static async start(executable: string): Promise<ThreeNatsServers> {
    const ports = new Map<string, { client: number; cluster: number }>();
    for (const name of NAMES) ports.set(name, { client: await freePort(), cluster: await freePort() });
    const servers = new ThreeNatsServers(executable, ports);
    for (const name of NAMES) servers.start(name);
    return servers;
  }

  start(name: string): void {
    const configuration = join(this.#folder, `${name}.conf`);
    writeFileSync(configuration, this.#configurationOf(name));
    this.#running.set(name, spawn(this.executable, ['-c', configuration], { stdio: 'ignore' }));
  }

  /** SIGKILL, and until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined || !this.#running.delete(name)) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async connect(): Promise<NatsConnection> {
    const servers = [...this.ports.values()].map(({ client }) => `127.0.0.1:${client}`);
    const patience = { reconnectTimeWait: 50, maxReconnectAttempts: -1, waitOnFirstConnect: true };
    const connection = await connect({ servers, ...patience });
    this.#connections.push(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await Promise.all(NAMES.map((name) => this.kill(name)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configurationOf(name: string): string {
    const { client = 0, cluster = 0 } = this.ports.get(name) ?? {};
    const routes = [...this.ports.values()].map((each) => `nats-route://127.0.0.1:${each.cluster}`);
    return `server_name: ${name}
listen: "127.0.0.1:${client}"
cluster { name: three, listen: "127.0.0.1:${cluster}", routes: ${JSON.stringify(routes)} }
jetstream { store_dir: ${JSON.stringify(join(this.#folder, name))}, max_mem: 64MB, max_file: 100GB, sync_interval: always }
`;
  }
}
