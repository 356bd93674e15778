import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A NATS server of a test's own, which may be killed; in a folder of its own, on one free port. */
export interface OwnNatsServer {
  /** The same for as long as it lives. */
  readonly port: number;
  connect(user?: string): Promise<NatsConnection>;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
  /** Again, on the same port and store. */
  start(): Promise<void>;
  /** Kills it, closes the connections and removes the folder. */
  remove(): Promise<void>;
}

export interface NatsUser {
  name: string;
  publish: readonly string[];
  subscribe: readonly string[];
}

/**
 * @param executable path of nats-server, or its name on PATH.
 * @param users none: whoever comes may do everything. Their password is their name.
 */
export async function ownNatsServer(executable: string, users: readonly NatsUser[] = []): Promise<OwnNatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'freehold-log-'));
  const connections: NatsConnection[] = [];
  let port = -1;
  let child: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const configuration = join(folder, 'nats.conf');
    const store = `jetstream { store_dir: "${folder}", max_mem: 64MB, max_file: 100GB, sync_interval: always }`;
    writeFileSync(
      configuration,
      `listen: "127.0.0.1:${port}"\nports_file_dir: "${folder}"\n${store}\n${renderUsers(users)}`,
    );
    const started = spawn(executable, ['-c', configuration], { stdio: 'ignore' });
    child = started;
    await once(started, 'spawn');
    port = await readPort(join(folder, `${basename(executable)}_${started.pid}.ports`));
  };
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const open = async (user?: string): Promise<NatsConnection> => {
    const servers = `127.0.0.1:${port}`;
    const connection = await connect({
      servers,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      ...(user === undefined ? {} : { user, pass: user }),
    });
    connections.push(connection);
    return connection;
  };
  const remove = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection.close()));
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await start().catch(async (cause: unknown) => {
    await remove();
    throw cause;
  });
  return { port, connect: open, kill, start, remove };
}

/** JSON is a part of the server's configuration language. */
function renderUsers(users: readonly NatsUser[]): string {
  const rendered = users.map(({ name, publish, subscribe }) => ({
    ...{ user: name, password: name },
    permissions: { publish, subscribe },
  }));
  return users.length === 0 ? '' : `authorization { users: ${JSON.stringify(rendered)} }\n`;
}

async function readPort(file: string): Promise<number> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const port = /nats:\/\/127\.0\.0\.1:(\d+)/.exec(textOf(file))?.[1];
    if (port !== undefined) return Number(port);
    await wait(25);
  }
  throw new Error('nats-server did not say its port within 10 s');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
