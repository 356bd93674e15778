import type { Finding } from '@freehold/kernel';
import { pointer } from './application-package.js';
import type { AppDescription } from './description.schema.js';

/** Counts and state parts: each part names its database if its kind has any, each count fits the kind of its part. */
export function countFindings(app: AppDescription): Finding[] {
  const places = app.state.flatMap((part, index): Finding[] => {
    const named = part.kind === 'postgres' || part.kind === 'mysql';
    if (named === (part.database !== undefined)) return [];
    const hint = 'Give database for postgres and mysql, and for no other kind.';
    const detail = `where the part ${part.name} lies does not fit its kind`;
    return [{ pointer: pointer('state', index), code: 'part-misplaced', detail, hint }];
  });
  const counts = app.counts.flatMap((count, index): Finding[] => {
    const at = pointer('counts', index);
    const kinds = app.state.filter((part) => part.name === count.part).map((part) => part.kind);
    if (kinds.length === 0) {
      const hint = 'Name one of the parts in state.';
      return [{ pointer: `${at}/part`, code: 'part-unknown', detail: `${count.part} is not declared`, hint }];
    }
    const fits = (kind: (typeof kinds)[number]): boolean =>
      kind === 'files'
        ? count.files !== undefined && count.sql === undefined
        : kind !== 'redis' && count.sql !== undefined && count.files === undefined;
    if (kinds.every(fits)) return [];
    const hint = 'Count files on a part of kind files, and with sql on a database.';
    return [{ pointer: at, code: 'count-unfit', detail: `it does not fit the kind of the part ${count.part}`, hint }];
  });
  return [...places, ...counts];
}
