import type { Operation } from '@freehold/kernel';
import { z } from 'zod';

/** What a path may hold: an id, a name, a name's id. The first that a field's schema takes is its sample. */
const CANDIDATES = ['00000000-0000-4000-8000-000000000000', 'synapse', 'a'.repeat(52)];

/** The fields of an object schema; none for what is no object. */
export const fieldsOf = (schema: z.ZodType): Record<string, z.ZodType> =>
  schema instanceof z.ZodObject ? schema.shape : {};

/** Params that the row's schema takes, with the given ones in their places. @throws when no candidate fits */
export function sampleParams(row: Operation, given: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(row.params)).map(([name, schema]) => {
      const sample = [given[name], ...CANDIDATES].find((each) => schema.safeParse(each).success);
      if (sample === undefined) throw new Error(`no sample fits ${name} of ${row.id}; add one to ${import.meta.url}`);
      return [name, sample];
    }),
  );
}

/** The path of a row with its params in place. */
export const pathOf = ({ id, http }: Operation, params: Readonly<Record<string, string>>): string => {
  if (http === undefined) throw new Error(`${id} is not on HTTP`);
  return Object.entries(params).reduce<string>(
    (path, [name, value]) => path.replace(`{${name}}`, encodeURIComponent(value)),
    http.path,
  );
};
