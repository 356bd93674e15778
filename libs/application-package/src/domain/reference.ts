/**
 * References: `${settings.x}`, `${secret.y}`, `${secretPath.y}`, `${name.web}`, `${port.web}`, `${folder}`, `${release}`,
 * `${publicPort}`, `${package}`, `${host.postgres}`; `$${` stands for `${`. Text is read once: what a value contains is never read again.
 */
export const WITHOUT_NAME = ['folder', 'release', 'publicPort', 'package'] as const;
export const WITH_NAME = ['settings', 'secret', 'secretPath', 'name', 'port', 'host'] as const;

export type Reference =
  | { readonly root: (typeof WITHOUT_NAME)[number] }
  | { readonly root: (typeof WITH_NAME)[number]; readonly name: string };

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'unreadable'; readonly text: string };

const isRoot = <Root extends string>(roots: readonly Root[], root: string): root is Root =>
  roots.some((known) => known === root);

/** Reads what stands between `${` and `}`; undefined if it is no reference. */
export function parseReference(text: string): Reference | undefined {
  const dot = text.indexOf('.');
  if (dot < 0) return isRoot(WITHOUT_NAME, text) ? { root: text } : undefined;
  const [root, name] = [text.slice(0, dot), text.slice(dot + 1)];
  return isRoot(WITH_NAME, root) && name !== '' ? { root, name } : undefined;
}

/** Splits a string of a document into text and references. */
export function parseText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let rest = 0;
  for (const match of text.matchAll(/\$\$\{|\$\{([^}]*)\}?/g)) {
    if (match.index > rest) parts.push({ kind: 'text', text: text.slice(rest, match.index) });
    rest = match.index + match[0].length;
    if (match[0] === '$${') {
      parts.push({ kind: 'text', text: '${' });
      continue;
    }
    const reference = match[0].endsWith('}') ? parseReference(match[1] ?? '') : undefined;
    parts.push(reference ? { kind: 'reference', reference } : { kind: 'unreadable', text: match[0] });
  }
  if (rest < text.length) parts.push({ kind: 'text', text: text.slice(rest) });
  return parts;
}

/** A reference as an author writes it. */
export function referenceText(reference: Reference): string {
  return 'name' in reference ? `\${${reference.root}.${reference.name}}` : `\${${reference.root}}`;
}
