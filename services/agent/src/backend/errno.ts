/** The errno name of a Node error, for example `ENOENT`. By shape: it may come from another realm (Jest). */
export function errnoOf(error: unknown): string | undefined {
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded && typeof error.code === 'string' ? error.code : undefined;
}
