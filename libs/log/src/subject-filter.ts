/** Whether a subject matches a filter: `*` is one token, a final `>` one or more (docs.nats.io, subject wildcards). */
export function matches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const found = subject.split('.');
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return found.length > index;
    if (found[index] === undefined || (token !== '*' && token !== found[index])) return false;
  }
  return wanted.length === found.length;
}
