import { z } from 'zod';
import { Finding } from './finding.js';
import { Position } from './ids.js';
import type { ContextName } from './subject.js';
import { event } from './event.js';

const Attempt = { step: z.string(), direction: z.enum(['do', 'undo']), attempt: z.int().positive() };

/**
 * The events of every process, whatever it does; the context stands in front (`deployment.process-started.v1`).
 * The process's kind is the aggregate in the subject.
 */
export const processEvents = <Context extends ContextName>(context: Context) =>
  [
    /** The first commit: what was asked. `definition` is the version of the table of steps. */
    event(`${context}.process-started.v1`, z.object({ definition: z.int(), input: z.record(z.string(), z.json()) })),
    /** Before anything is sent: a repeat after a crash keeps this attempt's number. */
    event(`${context}.step-started.v1`, z.object({ ...Attempt })),
    /** The command was accepted and now something is awaited; `output` is what the command answered. */
    event(`${context}.step-awaits.v1`, z.object({ ...Attempt, output: z.json() })),
    event(`${context}.step-succeeded.v1`, z.object({ ...Attempt, output: z.json(), reactedTo: Position.nullable() })),
    /** Refused (findings), failed or timed out; the undos follow. */
    event(
      `${context}.step-failed.v1`,
      z.object({ ...Attempt, findings: z.array(Finding), reactedTo: Position.nullable(), outcomeKnown: z.boolean() }),
    ),
    /** The end. `completed`: all steps; `refused`: undone after a refusal; `failed`: undone after a failure. */
    event(
      `${context}.process-ended.v1`,
      z.object({ outcome: z.enum(['completed', 'refused', 'failed']), findings: z.array(Finding) }),
    ),
    /** An undo failed: a person must look. */
    event(`${context}.process-stuck.v1`, z.object({ step: z.string(), findings: z.array(Finding) })),
    /** Staff asked to try the stuck undo again, or to undo a process that is still under way. */
    event(`${context}.process-resumed.v1`, z.object({ action: z.enum(['retry', 'undo']) })),
  ] as const;
