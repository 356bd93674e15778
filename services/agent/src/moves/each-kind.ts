import type { PartReport, StatePart } from '@freehold/state-parts';

/** Works on the trees one after the other, and on the databases meanwhile; reports in the order of the parts. */
export async function eachKind(
  parts: readonly StatePart[],
  work: (part: StatePart) => Promise<PartReport>,
): Promise<PartReport[]> {
  const reports = new Map<string, PartReport>();
  const all = async (some: readonly StatePart[]) => {
    for (const part of some) reports.set(part.name, await work(part));
  };
  const trees = parts.filter(({ kind }) => kind === 'files');
  const databases = parts.filter(({ kind }) => kind !== 'files');
  for (const one of await Promise.allSettled([all(trees), all(databases)]))
    if (one.status === 'rejected') throw one.reason;
  return parts.flatMap(({ name }) => reports.get(name) ?? []);
}
