/**
 * SQLSTATE (PostgreSQL manual, appendix A) of a database that is away or not as we left it: connection exception,
 * authorization, no such database or schema, resources, operator intervention, system error, no such table, no privilege.
 */
const AWAY = /^(08|28|3D|3F|53|57|58|XX|42P01|42501)/;
const AWAY_MESSAGE =
  /connection terminated|client has encountered a connection error|timeout exceeded when trying to connect/i;

/** Whether an error means that the database, or the way to it, is away: not that the question was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return AWAY.test(code) || /^E[A-Z]{3,}$/.test(code);
  return error instanceof Error && AWAY_MESSAGE.test(error.message);
}

/** A table that a statement names is not there: dropped, or not made yet. */
export const isTableGone = (error: unknown): boolean => codeOf(error) === '42P01';

/** Values that PostgreSQL will never take (class 22, data exception): trying again changes nothing. */
export const isDataFailure = (error: unknown): boolean => /^22[0-9A-Z]{3}$/.test(codeOf(error) ?? '');

/** The SQLSTATE, or Node's code (`ECONNREFUSED`), of an error or its cause. */
function codeOf(error: unknown): string | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return null;
}
