/** Whether this is the operating system's error with this code. Not by `instanceof`: Jest's realms have other classes. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
