import { deployments } from '@freehold/deployment-contract';
import { eventually } from '@freehold/supervisor/testing';
import { freePort } from '@freehold/supervisor';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { exitOf } from '../kit/freehold-command.js';
import type { Installation, Operator } from '../kit/installation.js';

const START_TIMEOUT_MS = 60_000;

const EnvironmentRecord = z.object({
  ports: z.object({ web: z.number() }),
  user: z.object({ uid: z.number(), gid: z.number() }),
  ownUser: z.boolean(),
});

/** Where the platform has laid out a deployment: the configuration that a start by hand takes over. */
export interface Model {
  /** The environment: `files/` belongs to the application, `launch/` has the command. */
  readonly folder: string;
  readonly record: z.infer<typeof EnvironmentRecord>;
}

export async function modelOf(installation: Installation, by: Operator, deployment: string): Promise<Model> {
  const params = { operator: by.operator, deployment };
  const { recorded } = await by.client.done(deployments.get, { params });
  const folder = join(installation.home, 'applications', 'process', 'environments', recorded.environment);
  const record = EnvironmentRecord.parse(JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')));
  return { folder, record };
}

/**
 * The same application as a person starts it: the same files but for folder and port, an empty database, the same user,
 * command and release. Milliseconds from the spawn to the first 200 of /health; asked every 10 ms.
 */
export async function bareStart(model: Model, folder: string): Promise<number> {
  const port = await freePort();
  layOut(model, folder, port);
  const { uid, gid } = model.record.user;
  const log = openSync(join(folder, 'start.log'), 'a');
  const begun = performance.now();
  const child = spawn('/bin/sh', [join(folder, 'launch.sh')], {
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder },
    ...(model.record.ownUser ? { uid, gid } : {}),
  });
  const ended = exitOf(child, 120_000);
  try {
    const healthy = await eventually(() => answers(port), { timeoutMs: START_TIMEOUT_MS, intervalMs: 10 });
    if (!healthy) {
      const said = readFileSync(join(folder, 'start.log'), 'utf8').slice(-2000);
      throw new Error(`started by hand, it did not answer on port ${port} in time:\n${said}`);
    }
    return performance.now() - begun;
  } finally {
    child.kill('SIGTERM');
    await ended;
    closeSync(log);
    rmSync(folder, { recursive: true, force: true });
  }
}

function layOut({ folder: from, record }: Model, folder: string, port: number): void {
  const files = join(from, 'files');
  const isData = (path: string): boolean =>
    ['database', 'media'].some((name) => path.startsWith(join(files, name, '/')));
  cpSync(files, folder, { recursive: true, filter: (path) => !isData(path) });
  cpSync(join(from, 'launch', 'homeserver.sh'), join(folder, 'launch.sh'));
  const ownPort = new RegExp(String.raw`\b${record.ports.web}\b`);
  for (const name of ['homeserver.yaml', 'log.yaml', 'launch.sh']) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8').replaceAll(files, folder);
    chmodSync(path, 0o600);
    writeFileSync(path, name === 'homeserver.yaml' ? text.replace(ownPort, String(port)) : text);
  }
  for (const name of ['database', 'media']) mkdirSync(join(folder, name), { recursive: true });
  if (record.ownUser) own(folder, record.user);
}

function own(path: string, user: { readonly uid: number; readonly gid: number }): void {
  chownSync(path, user.uid, user.gid);
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) own(join(path, entry.name), user);
    else chownSync(join(path, entry.name), user.uid, user.gid);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/health', timeout: 1_000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
