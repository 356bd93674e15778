import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A NATS server of a test's own, which may be killed; in a folder of its own, on one free port. */
export interface OwnNatsServer {
  connect(): Promise<NatsConnection>;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
  /** Again, on the same port and store. */
  start(): Promise<void>;
  /** Kills it, closes the connections and removes the folder. */
  remove(): Promise<void>;
}

/** @param executable path of nats-server, or its name on PATH. */
export async function ownNatsServer(executable: string): Promise<OwnNatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'freehold-log-'));
  const connections: NatsConnection[] = [];
  let port = -1;
  let child: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const configuration = join(folder, 'nats.conf');
    const store = `jetstream { store_dir: "${folder}", max_mem: 64MB, max_file: 100GB, sync_interval: always }`;
    writeFileSync(configuration, `listen: "127.0.0.1:${port}"\nports_file_dir: "${folder}"\n${store}\n`);
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
  const open = async (): Promise<NatsConnection> => {
    const servers = `127.0.0.1:${port}`;
    const connection = await connect({
      servers,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
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
  return { connect: open, kill, start, remove };
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
