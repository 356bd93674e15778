import { z } from 'zod';
import { logFindings } from '@freehold/audit-contract';
import type { CellHealth } from '../api/api-client.js';
import type { Session } from '../cli/session.js';
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

/** Whether the log keeps to its own rules. */
export async function meaningCheck(session: Session): Promise<Check> {
  const { items } = await session.ask(logFindings, {}, { limit: 200 });
  const said = items.flatMap(({ aggregate, id, findings }) =>
    findings.map(({ position, code, detail }) => `${position} (${aggregate} ${id.slice(0, 8)}): ${code}: ${detail}`),
  );
  return items.length === 0
    ? ok('meaning of the log', 'versions, causes and tenures are as they must be')
    : problem('meaning of the log', said.slice(0, 5).join(' '), MEANINGLESS);
}

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

const MEANINGLESS =
  'Somebody wrote past the rules, or a program is wrong: freehold history shows who. GET /v1/log/findings has all of them.';
const UNWITNESSED =
  'They are asked again. If one says that the log was rewritten or is shorter, keep everything, and find out why.';
const CONTRADICTED =
  'Keep log, tiles and checkpoints as they are, and find out who changed the log: nothing is signed until that is known.';
