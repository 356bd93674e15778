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
  return {
    id,
    operator,
    kind: table.kind,
    deployment,
    status: state.status === 'ended' ? state.outcome : state.status,
    steps: progress.steps,
    findings: [...progress.findings],
    failure: progress.failure && { ...progress.failure, findings: [...progress.failure.findings] },
    stuck: progress.stuck,
    actions: progress.actions,
    startedAt: state.startedAt,
    endedAt: progress.endedAt,
  };
}
