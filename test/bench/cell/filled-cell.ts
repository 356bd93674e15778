import { cellLog, rebuildAuditViews } from '@freehold/audit-contract';
import { applications, rebuildCatalogViews } from '@freehold/catalog-contract';
import { operators, rebuildAccountsViews } from '@freehold/accounts-contract';
import { rebuildDeploymentViews, workList } from '@freehold/deployment-contract';
import { jetStreamLog } from '@freehold/log';
import { rebuildPortabilityViews } from '@freehold/portability-contract';
import { hosts, rebuildProvisioningViews } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Client } from 'pg';
import { adminConnection } from '../../kit/admin-connection.js';
import { type Installation, startInstallation } from '../../kit/installation.js';
import type { BenchOptions } from '../bench.js';
import { seconds } from '../rounds.js';
import { fill, type Years } from './histories.js';
import { withVolumes } from './volumes-meanwhile.js';

/** Contexts with read models. */
export const REBUILDS = {
  accounts: rebuildAccountsViews,
  audit: rebuildAuditViews,
  catalog: rebuildCatalogViews,
  deployment: rebuildDeploymentViews,
  portability: rebuildPortabilityViews,
  provisioning: rebuildProvisioningViews,
} as const;
type Context = keyof typeof REBUILDS;
export const CONTEXTS = Object.keys(REBUILDS).filter((name): name is Context => name in REBUILDS);

const FIRST_BUILD_MS = 1_800_000;

export interface FilledCell extends AsyncDisposable {
  readonly installation: Installation;
  readonly commits: number;
}

/** An installation whose log has so many commits more; the platform was down meanwhile, and has built its read models since. */
export async function startFilledCell(years: Years, say: BenchOptions['say']): Promise<FilledCell> {
  const installation = await startInstallation({ startTimeoutMs: FIRST_BUILD_MS });
  try {
    await installation.kill();
    const begun = performance.now();
    const connection = await adminConnection(installation.home, 'bench');
    const commits = await withVolumes(connection, () => fill(jetStreamLog({ connection }), years, say));
    await connection.close();
    say(`${commits} commits appended in ${seconds(performance.now() - begun)}`);
    await forgetViews(installation);
    const started = performance.now();
    await installation.restart();
    await answering(installation, FIRST_BUILD_MS);
    say(`all read models built from nothing ${seconds(performance.now() - started)} after the start`);
    return { installation, commits, [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose]() };
  } catch (error) {
    await installation[Symbol.asyncDispose]();
    throw error;
  }
}

/** The read models are built in bulk at the next start, as after a loss of the database, instead of following what was appended. */
export async function forgetViews(installation: Installation): Promise<void> {
  for (const context of CONTEXTS) {
    const session = await contextSession(installation, context);
    try {
      // A platform that was killed early had not made it yet.
      await session.query('drop table if exists edition');
    } finally {
      await session.end();
    }
  }
}

/** Resolves when a question of each context with read models is answered from its rows. */
export async function answering(installation: Installation, timeoutMs: number): Promise<void> {
  const all = () => allAnswer(installation).catch(() => false);
  if (!(await eventually(all, { timeoutMs, intervalMs: 20 }))) throw new Error('the read models do not answer');
}

/** Whether a question of each context is answered from its rows. */
async function allAnswer({ client }: Installation): Promise<boolean> {
  const answers = await Promise.all([
    client.call(operators.list, { body: { limit: 1 } }),
    client.call(applications.list, { body: { limit: 1 } }),
    client.call(hosts.list, { body: { limit: 1 } }),
    client.call(workList, { body: { limit: 1 } }),
    client.call(cellLog, { body: { limit: 1 } }),
  ]);
  return answers.every(({ kind }) => kind === 'done');
}

/** A session as the context itself. */
export async function contextSession(installation: Installation, context: Context): Promise<Client> {
  const values = variables(installation, context);
  const session = new Client({
    host: values['FREEHOLD_DATABASE_HOST'],
    port: Number(values['FREEHOLD_DATABASE_PORT']),
    user: values['FREEHOLD_DATABASE_USER'],
    database: values['FREEHOLD_DATABASE_NAME'],
    password: readFileSync(values['FREEHOLD_DATABASE_PASSWORD_FILE'] ?? '', 'utf8').trim(),
  });
  await session.connect();
  return session;
}

const variables = ({ home }: Installation, service: string): NodeJS.Dict<string> =>
  parseEnv(readFileSync(join(home, 'config', `${service}.env`), 'utf8'));
