import { CopyResult, deployments } from '@freehold/deployment-contract';
import { followMove, grantMove, takeMove } from '@freehold/portability-contract';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Installation, Process } from '../../kit/installation.js';
import { offerPackage } from '../../kit/offer-package.js';
import { type Provider, startProvider } from '../../kit/provider.js';
import { answered } from '../../faults/patient-client.js';
import { ALBUM, type albumPackage } from './album-package.js';

/** A real installation with the album in its catalogue, and an operator who may have it. */
export const startAlbumProvider = (
  zone: string,
  { bytes, digest }: ReturnType<typeof albumPackage>,
): Promise<Provider> => {
  const { application, version } = ALBUM;
  const prepare = (installation: Installation) =>
    offerPackage(installation, { application, versions: [version], bytes, digest });
  return startProvider({ args: ['--zone', zone], places: 5, prepare });
};

const EnvironmentRecord = z.object({ user: z.object({ uid: z.number(), gid: z.number() }), ownUser: z.boolean() });

/** A deployment of the album, where its files lie and whose they are. */
export interface Album {
  readonly deployment: string;
  readonly name: string;
  readonly files: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

export async function orderAlbum({ installation, by }: Provider, name: string): Promise<Album> {
  const { deployment, process } = await installation.order(by, { application: ALBUM.application, name });
  completed(await installation.ended(by, process));
  const { recorded } = await answered(by, deployments.get, { params: { operator: by.operator, deployment } });
  const folder = join(installation.home, 'applications', 'process', 'environments', recorded.environment);
  const record = EnvironmentRecord.parse(JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')));
  return { deployment, name, files: join(folder, 'files'), user: record.ownUser ? record.user : undefined };
}

/** A move under way. */
export interface Taking {
  readonly process: string;
  readonly deployment: string;
}

export async function beginMove(source: Provider, target: Provider, { deployment }: Album): Promise<Taking> {
  const to = target.installation.address;
  const params = { operator: source.by.operator };
  const { grant } = await answered(source.by, grantMove, {
    params,
    body: { deployment, to },
    idempotencyKey: randomUUID(),
  });
  return answered(target.by, takeMove, {
    ...{ params: { operator: target.by.operator }, body: { grant }, timeoutMs: 60_000 },
    idempotencyKey: randomUUID(),
  });
}

/** Follows until it is live. `onActivity` is told what the agent says that it does. */
export async function moveEnds(
  { by }: Provider,
  { process }: Taking,
  onActivity: (text: string) => void = () => undefined,
): Promise<Process> {
  const params = { operator: by.operator, process };
  for (;;) {
    const { recorded, observed } = await answered(by, followMove, { params, body: { wait: 0 } });
    if (recorded.status !== 'running' && recorded.status !== 'undoing') return completed(recorded);
    if (typeof observed?.activity === 'string') onActivity(observed.activity);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function completed(process: Process): Process {
  if (process.status === 'completed') return process;
  throw new Error(`${process.kind} ${process.status}: ${JSON.stringify(process.findings)}`);
}

/** What the target's agent said of its rounds. */
export async function roundsOf({ by }: Provider, { deployment }: Taking): Promise<CopyResult['rounds']> {
  const params = { operator: by.operator, deployment };
  const { items } = await answered(by, deployments.history, { params, body: { limit: 200 } });
  for (const { data } of items.flatMap(({ events }) => events)) {
    const parsed = CopyResult.safeParse(data['result']);
    if (parsed.success) return parsed.data.rounds;
  }
  throw new Error('the copy has left no result in the history of the deployment');
}

/** Forgets the peak so far (proc_pid_clear_refs(5)). */
export function forgetPeak({ installation }: Provider): void {
  writeFileSync(`/proc/${installation.pid}/clear_refs`, '5');
}

/** Largest resident memory of the platform's Node process, with its agent, since then. Bytes. */
export function peakOf({ installation }: Provider): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${installation.pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
