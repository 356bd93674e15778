// Rule 1 of the style: decide, evolve, projections' evolve and process tables are functions of their arguments.
import { fileOf, isFold, isPure, nameOf, rule } from './rule.mjs';

const CLOCKS = {
  'Date.now': 'the time comes in with the command',
  'performance.now': 'the time comes in with the command',
  'process.hrtime': 'the time comes in with the command',
  'Math.random': 'ids and chance come in with the command',
  'crypto.randomUUID': 'ids derive from the command id',
  'crypto.getRandomValues': 'ids derive from the command id',
  randomUUID: 'ids derive from the command id',
  randomBytes: 'ids derive from the command id',
  uuidv4: 'ids derive from the command id',
};

export const clockInDomain = rule((report, context) => {
  if (!isFold(fileOf(context))) return {};
  return {
    CallExpression(node) {
      const called = nameOf(node.callee);
      if (called === 'Date') return report(node, 'Date() in pure code: the time comes in with the command');
      if (called in CLOCKS) report(node, `${called}() in pure code: ${CLOCKS[called]}`);
    },
    NewExpression(node) {
      if (nameOf(node.callee) !== 'Date' || node.arguments.length > 0) return;
      report(node, 'new Date() in pure code: the time comes in with the command');
    },
  };
});

export const asyncInDomain = rule((report, context) => {
  if (!isPure(fileOf(context))) return {};
  const look = (node) => node.async && report(node, 'async in pure code: what waits belongs to the caller');
  return {
    FunctionDeclaration: look,
    FunctionExpression: look,
    ArrowFunctionExpression: look,
    ImportExpression: (node) => report(node, 'import() in pure code: what waits belongs to the caller'),
    NewExpression: (node) =>
      nameOf(node.callee) === 'Promise' && report(node, 'a promise in pure code: what waits belongs to the caller'),
  };
});
