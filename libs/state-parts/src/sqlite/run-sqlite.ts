import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runProgram } from '../engine/run-program.js';
import { DISK_FULL_HINT, StateFailure } from '../state-failure.js';
import type { Site, WorkOptions } from '../state-part.js';

export type SqliteJob =
  | { readonly what: 'copy'; readonly file: string; readonly to: string; readonly leaveOut: readonly string[] }
  | { readonly what: 'check'; readonly file: string }
  | {
      readonly what: 'report';
      readonly file: string;
      readonly leaveOut: readonly string[];
      readonly counts: readonly { readonly name: string; readonly sql: string }[];
    };

const Said = z.union([
  z.object({ progress: z.number() }),
  z.object({ result: z.unknown() }),
  z.object({ problem: z.enum(['damaged', 'failed']), detail: z.string() }),
]);

/** Runs sqlite-process.ts as the environment's user and answers its result. */
export async function runSqlite(site: Site, job: SqliteJob, options: WorkOptions): Promise<unknown> {
  const typed = import.meta.url.endsWith('.ts');
  const file = typed
    ? new URL('./sqlite-process.ts', import.meta.url)
    : new URL('./sqlite-process.js', import.meta.url);
  const flags = ['--disable-warning=ExperimentalWarning', `--input-type=${typed ? 'module-typescript' : 'module'}`];
  const said: z.infer<typeof Said>[] = [];
  await runProgram({
    // Node itself, also where the environment's user may not enter the folder in which it lies.
    program: '/proc/self/exe',
    args: [...flags, '-', JSON.stringify(job)],
    cwd: dirname(job.file),
    user: site.user,
    input: await readFile(fileURLToPath(file), 'utf8'),
    signal: options.signal,
    onLine: (line) => {
      const one = Said.parse(JSON.parse(line));
      if ('progress' in one) options.onProgress?.({ files: 0, bytes: one.progress });
      else said.push(one);
    },
  });
  const [last] = said;
  if (last !== undefined && 'result' in last) return last.result;
  const detail = last !== undefined && 'problem' in last ? last.detail : '';
  throw failureOf(job.file, detail, last !== undefined && 'problem' in last && last.problem === 'damaged');
}

function failureOf(file: string, detail: string, damaged: boolean): StateFailure {
  if (/disk is full|disk I\/O error.*ENOSPC/i.test(detail)) {
    return new StateFailure('disk-full', `the disk is full while SQLite worked on ${file}`, {
      hint: DISK_FULL_HINT,
      detail,
    });
  }
  if (damaged || /malformed|not a database/i.test(detail)) {
    const hint = 'Mend it with the application’s own tools or SQLite’s .recover, then repeat the step.';
    return new StateFailure('state-unreadable', `${file} is damaged: ${detail}`, { hint, detail });
  }
  if (/locked|busy/i.test(detail)) {
    const hint = 'Stop the application, then repeat the step.';
    return new StateFailure('state-in-use', `${file} is worked on by another process`, { hint, detail });
  }
  return new StateFailure('engine-failed', `SQLite cannot work on ${file}: ${detail}`, {
    hint: 'Look at the detail.',
    detail,
  });
}
