import { z } from 'zod';
import { event, type EventsOf } from './event.js';
import { Finding } from './finding.js';
import { Instant, Position } from './ids.js';
import type { ContextName } from './subject.js';

/** When it was decided; in the event so that a fold knows it without looking at the commit. */
const at = Instant;
const attempt = { step: z.string(), direction: z.enum(['do', 'undo']), attempt: z.int().positive(), at };

/**
 * The events of every process, whatever it does; the context stands in front (`deployment.process-started.v1`).
 * The process's kind is the aggregate in the subject.
 */
export const processEvents = <Context extends ContextName>(context: Context) =>
  [
    /** The first commit: what was asked. `definition` is the version of the table of steps. */
    event(
      `${context}.process-started.v1`,
      z.object({ definition: z.int().positive(), input: z.record(z.string(), z.json()), at }),
    ),
    /** The next step must not start before `until`; the timer is this event, nothing else remembers it. */
    event(`${context}.timer-set.v1`, z.object({ step: z.string(), until: Instant, at })),
    /** Before anything is sent: a repeat after a crash or silence keeps this attempt's number. */
    event(`${context}.step-started.v1`, z.object(attempt)),
    /** The command was accepted and answered `reply`; now something is awaited, until about `until`. */
    event(`${context}.step-awaits.v1`, z.object({ ...attempt, reply: z.json(), until: Instant })),
    /** `reactedTo` is the position of the commit that was awaited, null when the answer itself was the outcome. */
    event(`${context}.step-succeeded.v1`, z.object({ ...attempt, output: z.json(), reactedTo: Position.nullable() })),
    /**
     * The undos follow, this step's included; of a step that only goes forward, `process-stuck`. `outcomeKnown: false`: it
     * may still happen, so the undo leaves a mark.
     */
    event(
      `${context}.step-failed.v1`,
      z.object({
        ...attempt,
        reason: z.enum(['refused', 'failed', 'timed-out']),
        findings: z.array(Finding),
        reactedTo: Position.nullable(),
        outcomeKnown: z.boolean(),
      }),
    ),
    /** The end. `completed`: all steps; `refused`: undone after a refusal; `failed`: undone after anything else. */
    event(
      `${context}.process-ended.v1`,
      z.object({ outcome: z.enum(['completed', 'refused', 'failed']), findings: z.array(Finding), at }),
    ),
    /** The undo of `step` failed, or `step` itself, which only goes forward: a person must look. */
    event(`${context}.process-stuck.v1`, z.object({ step: z.string(), findings: z.array(Finding), at })),
    /**
     * Staff asked: `retry` what is stuck once more; `undo` what is still under way; `continue`: not to undo what failed, but
     * to try it again and go on.
     */
    event(`${context}.process-resumed.v1`, z.object({ action: z.enum(['retry', 'undo', 'continue']), at })),
  ] as const;

/** An event of a process of whichever context. */
export type ProcessEvent = EventsOf<ReturnType<typeof processEvents<ContextName>>>;
