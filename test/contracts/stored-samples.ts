/**
 * What was ever written stays readable. Stored here, beside the specs that read it:
 *
 *     samples/<context>.json   of every version of every event at least one sample, by type; new ones are appended
 *     samples/digests.json     of each sample the SHA-256: a sample that was stored is never changed
 *     states/<context>.json    of every aggregate, histories of samples and the states that they fold to (stored-states.ts)
 *
 * `npm run samples` adds digests and states of what is new, and refuses what changed. The list of digests needs no history
 * of git: whoever changes a sample must change its digest by hand too, which nobody does by mistake.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export type Json = z.core.util.JSONType;
export type Sample = Record<string, Json>;

const Samples = z.record(z.string(), z.array(z.record(z.string(), z.json())).min(1));
/** By type. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

export const CONTEXTS = ['accounts', 'catalog', 'provisioning', 'deployment', 'portability'] as const;

export const readJson = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

/** @param folder `test/contracts` */
export const samplesOf = (folder: string, context: string): Samples =>
  Samples.parse(readJson(folder, 'samples', `${context}.json`));

const Digests = z.record(z.string(), z.string());
/** By the sample's name. */
export type Digests = Readonly<Record<string, string>>;

export const digestsOf = (folder: string): Digests => Digests.parse(readJson(folder, 'samples', 'digests.json'));

/** `<type>`, of the second one `<type>#2`. */
export const namedSamples = (samples: Samples): Map<string, { type: string; data: Sample }> =>
  new Map(
    Object.entries(samples).flatMap(([type, all]) =>
      all.map((data, index) => [index === 0 ? type : `${type}#${index + 1}`, { type, data }] as const),
    ),
  );

/** SHA-256 of JSON, whatever the order of fields. */
export const digestOf = (value: Json): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(fields.map(([key, field]) => [key, sorted(field)]));
};

/** What is wrong with the samples of all contexts, by the digests that were stored. */
export function changedSamples(samples: Samples, digests: Digests): string[] {
  const named = namedSamples(samples);
  const now = [...named].map(([name, { data }]) => [name, digestOf(data)] as const);
  return [
    ...now.flatMap(([name, digest]) =>
      digests[name] === digest ? [] : [digests[name] === undefined ? isNew(name) : isChanged(name)],
    ),
    ...Object.keys(digests)
      .filter((name) => !named.has(name))
      .map(isGone),
  ];
}

const isNew = (name: string) => `${name} is not stored yet: npm run samples`;
const isChanged = (name: string) =>
  `${name} was changed; what was written once is never changed: append another sample`;
const isGone = (name: string) => `${name} is gone; a version that was ever written stays readable: put its sample back`;
export const isOnlyNew = (problem: string): boolean => problem.endsWith('npm run samples');
