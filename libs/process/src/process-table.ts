import { type ContextName, type Id, type Instant, type OperatorToken } from '@freehold/kernel';
import type { z } from 'zod';
import type { Json, OutputOf, StepEffect } from './effect.js';

/**
 * A process as a table: each step with its undo beside it, pure functions of what is recorded. Whoever reads the file
 * of a process reads from top to bottom what happens, and next to it how it is taken back.
 *
 *            begin ──► running ──step by step──────────────────────────────────► ended: completed
 *                        │   ▲ ▲ │ a step that only goes forward failed ──► stuck
 *                        │   │ └─┴──────────────── retry ─────────────────────┘
 *                        │   └─────── continue: what failed, once more ─────┐
 *                        ▼ refused, failed, timed out, staff's undo         │
 *                     undoing ──in reverse, the failed step first──► ended: refused | failed
 *                        │ ▲                                                │
 *           undo failed  ▼ │ retry                                          │
 *                      stuck ───────────────────────────────────────────────┘
 *
 * Invariants: an attempt ends only with a recorded outcome; its command id follows from process, step, direction and
 * attempt, so that a repeat is the same command. On a crash: what is recorded is known, the rest is sent again.
 */
export interface ProcessTable {
  readonly context: ContextName;
  /** Kebab-case, verb first: `order-deployment`. The aggregate's token in subjects. */
  readonly kind: string;
  /** Version of the table: raise it when steps change; what began on an older one ends on it. */
  readonly definition: number;
  readonly input: z.ZodType;
  readonly steps: readonly StepRow[];
}

/** A step, its types forgotten: `outputs` are those that the step's own type says. */
export interface StepRow {
  readonly name: string;
  readonly run: (scope: RecordedScope) => StepEffect;
  readonly undo: ((scope: RecordedScope) => StepEffect) | NothingToUndo | ForwardOnly;
  readonly notBefore: ((scope: RecordedScope) => Instant) | null;
  readonly pointOfNoReturn: boolean;
  readonly mayContinue: boolean;
}

/** What a step may look at: nothing but what is recorded. */
export interface Scope<Input, Outputs> {
  readonly processId: Id;
  readonly operator: OperatorToken;
  readonly startedAt: Instant;
  /** The id of this step's first forward command; the undo sees the same one. Ids of what it creates derive from it. */
  readonly commandId: Id;
  /** Of this step's forward command, from 1: more than once only where staff had it tried again. The undo sees the last. */
  readonly attempt: number;
  readonly input: Input;
  /** By name of the step. In `undo`, the step's own output is there only if it succeeded. */
  readonly outputs: Outputs;
}

export type RecordedScope = Scope<Json, Readonly<Record<string, Json>>>;

/** Every undo is a decision; this one says why there is none. */
export interface NothingToUndo {
  readonly nothingToUndo: string;
}

export const nothingToUndo = (why: string): NothingToUndo => ({ nothingToUndo: why });

/** What fails here is not taken back, and neither is what came before: it is stuck at this step until it succeeds. */
export interface ForwardOnly {
  readonly forwardOnly: string;
}

/** Behind it nothing may be undone: all later steps say the same. */
export const forwardOnly = (why: string): ForwardOnly => ({ forwardOnly: why });

export const isForwardOnly = ({ undo }: StepRow): boolean => 'forwardOnly' in undo;

export interface Step<Input, Outputs, Name extends string, Said extends StepEffect> {
  run: (scope: Scope<Input, Outputs>) => Said;
  /** Must be accepted, and leave a mark, also when the step never happened: a late forward command is then refused. */
  undo:
    | ((scope: Scope<Input, Outputs & { readonly [Own in Name]?: OutputOf<Said> }>) => StepEffect)
    | NothingToUndo
    | ForwardOnly;
  /** From this step on nobody can ask for an undo any more; what fails by itself is still undone. Default false. */
  pointOfNoReturn?: true;
  /**
   * It can be tried again although its undo was begun: nothing of that refuses it. If it failed, and the first of the undos
   * did too, staff may continue with it in place of undoing. Default false.
   */
  mayContinue?: true;
  /** The step waits for this time; the wait is recorded and survives a restart. */
  notBefore?: (scope: Scope<Input, Outputs>) => Instant;
}

/** A table that steps can be added to. It is itself the table: the last `step` is the end. */
export interface ProcessBuilder<Input, Outputs> extends ProcessTable {
  step<Name extends string, Said extends StepEffect>(
    name: Name,
    step: Step<Input, Outputs, Name, Said>,
  ): ProcessBuilder<Input, Outputs & { readonly [Own in Name]: OutputOf<Said> }>;
}

/**
 * Begins a table.
 *
 * @example
 * defineProcess({ context: 'deployment', kind: 'order-deployment', definition: 1, input: Order })
 *   .step('place', {
 *     run: ({ input, operator }) => command({ operation: reservePlace, params: { operator }, body: { … } }),
 *     undo: ({ input, operator }) => command({ operation: freePlace, params: { operator }, body: { … } }),
 *   })
 *   .step('announce', { run: …, undo: nothingToUndo('the last step') });
 */
export function defineProcess<Schema extends z.ZodType<Record<string, unknown>>>(head: {
  context: ContextName;
  kind: string;
  definition: number;
  input: Schema;
}): ProcessBuilder<z.infer<Schema>, object> {
  return withSteps(head, []);
}

function withSteps<Input, Outputs>(
  head: Omit<ProcessTable, 'steps'>,
  steps: readonly StepRow[],
): ProcessBuilder<Input, Outputs> {
  return {
    ...head,
    steps,
    step: (name, step) => {
      if (steps.some((other) => other.name === name)) {
        throw new Error(`${head.kind} has two steps called ${name}; each needs a name of its own`);
      }
      if (steps.some(isForwardOnly) && !('forwardOnly' in step.undo)) {
        throw new Error(`${head.kind}: ${name} stands behind what only goes forward; say forwardOnly('why') too`);
      }
      return withSteps(head, [...steps, forgetTypes(name, step)]);
    },
  };
}

/** What a definition recorded, the same definition reads: input and outputs have the types that its steps gave them. */
function forgetTypes<Input, Outputs, Name extends string, Said extends StepEffect>(
  name: Name,
  step: Step<Input, Outputs, Name, Said>,
): StepRow {
  const typed = <Known>(scope: RecordedScope): Scope<Input, Known> => ({
    ...scope,
    input: scope.input as Input,
    outputs: scope.outputs as Known,
  });
  const { run, undo, notBefore, pointOfNoReturn = false, mayContinue = false } = step;
  return {
    name,
    run: (scope) => run(typed(scope)),
    undo: typeof undo === 'function' ? (scope) => undo(typed(scope)) : undo,
    notBefore: notBefore === undefined ? null : (scope) => notBefore(typed(scope)),
    pointOfNoReturn,
    mayContinue,
  };
}
