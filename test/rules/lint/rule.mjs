// What the rules share: the file as the house names it, and names of expressions.

/** @param create (report, context) → visitor; `report(node, message)` */
export function rule(create) {
  return {
    create: (context) => create((node, message) => context.report({ node, message }), context),
  };
}

/** The path with / in front, so that `/domain/` and `/services/…` can be looked for in a copy of the house, too. */
export const fileOf = (context) => context.filename.replaceAll('\\', '/');

export const isSpec = (file) => /\.(spec|conformance|properties)\.ts$/.test(file);

/** Under domain/, or a projection or process table elsewhere. Their specs may await and look at a clock. */
export const isPure = (file) =>
  !isSpec(file) && (file.includes('/domain/') || /\.(projection|process)\.ts$/.test(file));

/** A view is a fold, too; beside it stands what is observed live, which waits. */
export const isFold = (file) => isPure(file) || file.endsWith('.view.ts');

/** `a`, `a.b`, `a.b.c`; undefined for anything else. */
export function nameOf(node) {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return '';
  const object = nameOf(node.object);
  const property = node.computed ? node.property.value : node.property.name;
  return object === '' || typeof property !== 'string' ? '' : `${object}.${property}`;
}
