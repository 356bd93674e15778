// Rules for every source.
import { environmentReaders } from '../exceptions.mjs';
import { fileOf, nameOf, rule } from './rule.mjs';

/** Rule 13: configuration is parsed once, from one place. */
export const environmentOutsideConfiguration = rule((report, context) => {
  const file = fileOf(context);
  if (environmentReaders.some((allowed) => file.endsWith(`/${allowed}`))) return {};
  return {
    MemberExpression(node) {
      if (!['process.env', 'import.meta.env'].includes(nameOf(node))) return;
      report(node, 'process.env is read where configuration is parsed only; take what you need as an argument');
    },
    ImportDeclaration(node) {
      if (!/^(node:)?process$/.test(node.source.value)) return;
      const env = node.specifiers.find((specifier) => specifier.imported?.name === 'env');
      if (env) report(env, 'env of node:process is process.env under another name');
    },
    VariableDeclarator(node) {
      if (node.id.type !== 'ObjectPattern' || node.init === null || nameOf(node.init) !== 'process') return;
      const env = node.id.properties.find((property) => property.key?.name === 'env');
      if (env) report(env, '{ env } = process is process.env under another name');
    },
  };
});

/** Rule 11. `as never as X` and `as any as X` are the same lie. */
export const doubleAssertion = rule((report) => ({
  TSAsExpression(node) {
    let inner = node.expression;
    while (inner.type === 'ParenthesizedExpression') inner = inner.expression;
    if (inner.type !== 'TSAsExpression') return;
    if (!['TSUnknownKeyword', 'TSNeverKeyword', 'TSAnyKeyword'].includes(inner.typeAnnotation.type)) return;
    report(node, 'a double assertion switches the types off; parse the value or narrow it');
  },
}));

/** Rule 2: an event that is forgotten in evolve must not compile. */
export const defaultInEvolve = rule((report) => ({
  SwitchCase(node) {
    if (node.test !== null || !standsInEvolve(node)) return;
    report(node, 'default in evolve hides a forgotten event; name every case');
  },
}));

function standsInEvolve(node) {
  for (let at = node.parent; at; at = at.parent) {
    const name = at.id?.name ?? (at.type === 'Property' || at.type === 'MethodDefinition' ? at.key?.name : undefined);
    if (typeof name === 'string' && name.startsWith('evolve')) return true;
  }
  return false;
}

const BANNED = /^I[A-Z][a-z]|^(Base|Abstract)[A-Z]|(Manager|Helpers?|Utils?|Common|Impl|Base)$/;

/** Rule 9: a name says what a thing is in the words of the field. */
export const bannedName = rule((report) => {
  const look = (node) => {
    if (node.id && BANNED.test(node.id.name)) {
      report(node.id, `${node.id.name} says nothing about what it is; use a word of the field, without a prefix`);
    }
  };
  return { ClassDeclaration: look, TSInterfaceDeclaration: look, TSTypeAliasDeclaration: look };
});
