// Rule 14: no test sleeps, none is skipped, focused or left for later.
import { fileOf, isSpec, nameOf, rule } from './rule.mjs';

/** A sleep is a guess; poll a predicate with `eventually`. A timer as a deadline that rejects is no sleep. */
export const sleepInTest = rule((report, context) => {
  if (!isSpec(fileOf(context))) return {};
  const message = 'a sleep in a test is a guess about time; use eventually(predicate)';
  return {
    ImportDeclaration(node) {
      if (!/^(node:)?timers\/promises$/.test(node.source.value)) return;
      report(node, message);
    },
    NewExpression(node) {
      if (nameOf(node.callee) !== 'Promise') return;
      const [executor] = node.arguments;
      const resolve = executor?.params?.[0]?.name;
      const timer = timerIn(executor?.body);
      if (resolve !== undefined && timer !== undefined && calls(timer.arguments[0], resolve)) report(node, message);
    },
    CallExpression(node) {
      if (['Bun.sleep', 'sleep', 'Atomics.wait'].includes(nameOf(node.callee))) report(node, message);
    },
  };
});

/** The call of setTimeout that is the executor's body, or one of its statements. */
function timerIn(body) {
  const statements = body?.type === 'BlockStatement' ? body.body : [body];
  return statements
    .map((statement) => (statement?.type === 'ExpressionStatement' ? statement.expression : statement))
    .find((expression) => expression?.type === 'CallExpression' && nameOf(expression.callee) === 'setTimeout');
}

function calls(callback, resolve) {
  if (callback?.type === 'Identifier') return callback.name === resolve;
  const body = callback?.body;
  const statements = body?.type === 'BlockStatement' ? body.body : [body];
  return statements.some((statement) => {
    const expression = statement?.type === 'ExpressionStatement' ? statement.expression : statement;
    return expression?.type === 'CallExpression' && nameOf(expression.callee) === resolve;
  });
}

const UNFINISHED =
  /^(it|test|describe)(\.each|\.concurrent)*\.(skip|only|todo|failing)\b|^(xit|xtest|xdescribe|fit|fdescribe)$/;

export const unfinishedTest = rule((report, context) => {
  if (!isSpec(fileOf(context))) return {};
  return {
    CallExpression(node) {
      const called = nameOf(node.callee);
      if (UNFINISHED.test(called)) report(node, `${called}: every test runs, and none stands alone`);
    },
  };
});
