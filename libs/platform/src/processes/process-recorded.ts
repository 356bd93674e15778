import { Id, type ProcessRecorded } from '@freehold/kernel';
import { processProgress, type ProcessState, type ProcessTable } from '@freehold/process';
import { z } from 'zod';

export type Started = Exclude<ProcessState, { status: 'not-begun' }>;

/** What every process is about. */
const About = z.object({ deployment: Id, environment: Id });
export const aboutOf = (input: unknown): z.infer<typeof About> | null => About.safeParse(input).data ?? null;

interface Whose {
  id: string;
  operator: string;
  deployment: string | null;
}

/** A process as it is shown. */
export function processRecorded(
  table: ProcessTable,
  state: Started,
  { id, operator, deployment }: Whose,
): ProcessRecorded {
  const progress = processProgress(table, state);
  const attempts = new Map(state.steps.map(({ step, do: forward, undo }) => [step, (undo ?? forward).attempt]));
  return {
    id,
    operator,
    kind: table.kind,
    deployment,
    status: state.status === 'ended' ? state.outcome : state.status,
    steps: progress.steps.map(({ name, state: standing, startedAt, endedAt }) => ({
      name,
      state: standing,
      attempt: attempts.get(name) ?? 0,
      startedAt,
      endedAt,
    })),
    findings: [...progress.findings],
    startedAt: state.startedAt,
    endedAt: progress.endedAt,
  };
}
