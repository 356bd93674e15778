import { z } from 'zod';
import type { CellHealth } from '../api/api-client.js';
import { type Check, notice, ok, problem } from './checks.js';

const Details = z.object({
  evidence: z.object({
    state: z.string(),
    reason: z.string().nullable(),
    leaves: z.number(),
    signed: z.number(),
  }),
  witnesses: z.object({ asked: z.number(), troubles: z.record(z.string(), z.string()) }).optional(),
});
type Details = z.infer<typeof Details>;

/** Whether the log is the one that was signed, and is signed on. */
export function evidenceCheck({ services }: Pick<CellHealth, 'services'>): Check[] {
  const found = Details.safeParse(services['audit']?.details).data;
  return found === undefined ? [] : [...ofTree(found.evidence), ...ofWitnesses(found.witnesses)];
}

function ofWitnesses({ asked, troubles }: Details['witnesses'] = { asked: 0, troubles: {} }): Check[] {
  const said = Object.entries(troubles).map(([name, trouble]) => `${name}: ${trouble}`);
  if (said.length > 0) return [notice('witnesses', said.join(' '), UNWITNESSED)];
  return asked === 0 ? [] : [ok('witnesses', `${asked} cosign`)];
}

function ofTree({ state, reason, leaves, signed }: Details['evidence']): Check[] {
  if (state === 'stopped') {
    return [problem('evidence', `the log is not the one that was signed: ${reason}`, CONTRADICTED)];
  }
  const said = `${leaves} commits in the tree, ${signed} signed`;
  if (reason !== null)
    return [notice('evidence', `${said}; ${reason}`, 'It goes on by itself; the log file has more.')];
  if (signed === 0) return [notice('evidence', said, 'The first checkpoint is signed soon after the first commit.')];
  return [ok('evidence', said)];
}

const UNWITNESSED =
  'They are asked again. If one says that the log was rewritten or is shorter, keep everything, and find out why.';
const CONTRADICTED =
  'Keep log, tiles and checkpoints as they are, and find out who changed the log: nothing is signed until that is known.';
