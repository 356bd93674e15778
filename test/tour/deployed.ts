import { deployments } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import { type ProcessIdentity, processStartTime } from '@freehold/supervisor';
import { z } from 'zod';
import { listeningPorts } from '../kit/proc.js';
import { ClaimBroken } from './stage.js';
import { NAME, type Tour } from './tour.js';

export type Shown = ReplyOf<typeof deployments.get>;

/** What `freehold show` says about the application. */
export async function show({ installation, operatorProfile }: Pick<Tour, 'installation' | 'operatorProfile'>) {
  return deployments.get.reply.parse(await installation.freeholdJson(['show', NAME], { profile: operatorProfile }));
}

/** Synapse's own process, with its start time, as the operating system has it. */
export function processOf(shown: Shown): ProcessIdentity {
  const pid = shown.observed?.units[0]?.pid ?? undefined;
  const startTime = pid === undefined ? undefined : processStartTime(pid);
  if (pid === undefined || startTime === undefined) throw new ClaimBroken('Synapse does not run');
  return { pid, startTime };
}

/** The port that only this machine and its router know. */
export function ownPort({ pid }: ProcessIdentity): number {
  const [port] = listeningPorts(pid);
  if (port === undefined) throw new ClaimBroken(`Synapse's process ${pid} does not listen`);
  return port;
}

export const Account = z.object({ user: z.string(), password: z.string() });
