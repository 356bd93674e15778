/*
 * `freehold audit …`: the outsider's side of the evidence (docs/protocol/evidence-v1.md, docs/auditor). An auditor believes
 * a verifier key and a checkpoint that they kept, and nothing that the provider says today.
 *
 *     copy ─► folder as C2SP's tlog-tiles has it ─► verify, offline
 *       └─► replay: what was recorded at a moment, or changed between two
 *     watch ─► cosigned checkpoints, or an alarm; rotate-key: under another key
 *     pack ─► one deployment's history with its proofs, to be handed on
 *
 * Exit codes: 0 as it was signed; 3 it is not, with every finding; 4 there is no such thing; 6 the provider does not answer.
 */
import { Command } from 'commander';
import type { CommandContext } from '../../cli/command-context.js';
import { auditCopyCommand } from './audit-copy.command.js';
import { auditRotateKeyCommand } from './audit-rotate-key.command.js';
import { auditVerifyCommand } from './audit-verify.command.js';
import { auditWatchCommand } from './audit-watch.command.js';
import { auditPackCommand } from './pack/audit-pack.command.js';
import { auditReplayCommand } from './replay/audit-replay.command.js';

export function auditCommands(context: CommandContext): Command {
  const group = new Command('audit')
    .summary('check a provider’s log without believing the provider: copy, verify, watch, pack, replay')
    .description('Checks a provider’s log from outside; needs no installation.');
  const outside = [auditCopyCommand, auditVerifyCommand, auditWatchCommand, auditPackCommand, auditReplayCommand];
  for (const each of [...outside, auditRotateKeyCommand]) group.addCommand(each(context));
  return group;
}
