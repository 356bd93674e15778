/**
 * What several pieces of work at one engine answer, once all of them have ended: it is not stopped under one that goes on.
 * @throws what the first of them that failed has thrown
 */
export async function allEnded<const Work extends readonly Promise<unknown>[]>(work: Work) {
  await Promise.allSettled(work);
  return Promise.all(work);
}
