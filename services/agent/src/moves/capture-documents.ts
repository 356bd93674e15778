import { join } from 'node:path';
import type { MoveClient } from '../host/move-client.js';
import { writeDurably } from '../journal/durable-file.js';
import { writeHistory } from './capture-history.js';
import type { MoveJob } from './move-work.js';

/**
 * What the cell gives to a bag: the deployment, its identity, its secrets (encrypted to who receives them), its history with
 * its proof, after what came with it from earlier providers.
 */
export async function writeDocuments(
  ask: Pick<MoveClient, 'documents' | 'history'>,
  { job, work }: Pick<MoveJob<'capture-state'>, 'job' | 'work'>,
  { bag, earlier }: { readonly bag: string; readonly earlier: string },
): Promise<void> {
  const { operator, deployment } = job;
  const { move, recipient } = work;
  const documents = await ask.documents({ operator, deployment, move, recipient });
  const data = join(bag, 'data');
  await writeDurably(join(data, 'deployment.json'), JSON.stringify(documents.deployment));
  await writeDurably(join(data, 'identity.json'), JSON.stringify(documents.identity));
  await writeDurably(join(data, 'secrets.age'), documents.secrets);
  await writeHistory((after) => ask.history({ operator, deployment, after }), { data, earlier });
}
