/**
 * Does several things at a time that need one another: when one fails, `failing` is aborted, for the others to end by.
 * @throws what the first one that failed has thrown, once all have ended
 */
export async function together(failing: AbortController, works: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  const doOne = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
      failing.abort(error);
    }
  };
  await Promise.all(works.map(doOne));
  if (failures.length > 0) throw failures[0];
}
