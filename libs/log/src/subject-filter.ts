const WILDCARDS: Readonly<Record<string, string>> = { '*': '[^.]+', '>': '.+' };

/**
 * Tells whether a subject matches a filter: `*` is one token, a final `>` one or more (docs.nats.io, subject wildcards). Made
 * once for many subjects. Without a filter each does.
 */
export function subjectMatcher(filter?: string): (subject: string) => boolean {
  if (filter === undefined) return () => true;
  const tokens = filter.split('.').map((token) => WILDCARDS[token] ?? RegExp.escape(token));
  const pattern = new RegExp(`^${tokens.join('\\.')}$`, 's');
  return (subject) => pattern.test(subject);
}
