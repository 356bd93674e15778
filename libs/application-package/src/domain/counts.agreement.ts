import type { Finding } from '@freehold/kernel';
import { pointer } from './application-package.js';
import type { AppDescription } from './description.schema.js';

/** Counts and state parts: each part says where it lies, each count fits the kind of its part. */
export function countFindings(app: AppDescription): Finding[] {
  const parts = new Map(app.state.map((part) => [part.name, part.kind]));
  const places = app.state.flatMap((part, index): Finding[] => {
    const onDisk = part.kind === 'files' || part.kind === 'sqlite';
    if (
      onDisk
        ? part.path !== undefined && part.database === undefined
        : part.database !== undefined && part.path === undefined
    )
      return [];
    const hint = 'Give path for files and sqlite, database for a server, never both.';
    const detail = `where the part ${part.name} lies does not fit its kind`;
    return [{ pointer: pointer('state', index), code: 'part-without-place', detail, hint }];
  });
  const counts = app.counts.flatMap((count, index): Finding[] => {
    const at = pointer('counts', index);
    const kind = parts.get(count.part);
    if (kind === undefined) {
      const hint = 'Name one of the parts in state.';
      return [{ pointer: `${at}/part`, code: 'part-unknown', detail: `${count.part} is not declared`, hint }];
    }
    const fits =
      kind === 'files'
        ? count.files !== undefined && count.sql === undefined
        : count.sql !== undefined && count.files === undefined;
    if (fits && kind !== 'redis') return [];
    const hint = 'Count files on a part of kind files, and with sql on a database.';
    return [{ pointer: at, code: 'count-unfit', detail: `it does not fit the kind of the part ${count.part}`, hint }];
  });
  return [...places, ...counts];
}
