import { readdirSync, readFileSync } from 'node:fs';
import { type CallExpression, type Expression, type Module, type ObjectExpression, parseSync } from '@swc/core';

/* Reads, without running them, which contract suites the tests run for which provider, and which guarantees they skip and why. */

export interface ContractRun {
  /** e.g. `ciContract`. */
  suite: string;
  provider: string;
  /** What tells two runs of a provider apart, e.g. `cloud`; '' where there is one. */
  edition: string;
  skips: { reason: string; tests: string[] }[];
}

type Scope = ReadonlyMap<string, Expression>;

/** @param folder where the contract tests lie */
export function contractRuns(folder: string): ContractRun[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return files.sort().flatMap((name) => runsIn(`${folder}/${name}`));
}

function runsIn(file: string): ContractRun[] {
  const module: Module = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2022' });
  const scope = constants(module);
  const runs: ContractRun[] = [];
  for (const item of module.body) {
    if (item.type !== 'ExpressionStatement' || item.expression.type !== 'CallExpression') continue;
    const run = runOf(item.expression, scope, file);
    if (run !== null) runs.push(run);
  }
  return runs;
}

function constants(module: Module): Scope {
  const scope = new Map<string, Expression>();
  for (const item of module.body) {
    const declaration = item.type === 'ExportDeclaration' ? item.declaration : item;
    if (declaration.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) if (id.type === 'Identifier' && init) scope.set(id.value, init);
  }
  return scope;
}

/** `xContract('provider edition', harness, { skip })`; `null` for any other call. */
function runOf(call: CallExpression, scope: Scope, file: string): ContractRun | null {
  if (call.callee.type !== 'Identifier' || !call.callee.value.endsWith('Contract')) return null;
  const [name, , options] = call.arguments.map(({ expression }) => expression);
  const [provider = '', ...edition] = textOf(name, scope, file).split(' ');
  const skip = options === undefined ? undefined : field(objectOf(options, scope, file), 'skip');
  const skips = skip === undefined ? [] : elementsOf(skip, scope, file).map((each) => skipOf(objectOf(each, scope, file), scope, file));
  return { suite: call.callee.value, provider, edition: edition.join(' '), skips };
}

function skipOf(skip: ObjectExpression, scope: Scope, file: string): ContractRun['skips'][number] {
  const tests = field(skip, 'tests');
  if (tests === undefined) throw unreadable(file, 'a skip without tests');
  return {
    reason: textOf(field(skip, 'reason'), scope, file),
    tests: elementsOf(tests, scope, file).map((each) => textOf(each, scope, file)),
  };
}

function resolve(expression: Expression, scope: Scope): Expression {
  if (expression.type === 'Identifier') {
    const value = scope.get(expression.value);
    return value === undefined ? expression : resolve(value, scope);
  }
  if (expression.type === 'TsAsExpression' || expression.type === 'TsSatisfiesExpression' || expression.type === 'TsConstAssertion') {
    return resolve(expression.expression, scope);
  }
  return expression.type === 'ParenthesisExpression' ? resolve(expression.expression, scope) : expression;
}

function objectOf(expression: Expression, scope: Scope, file: string): ObjectExpression {
  const value = resolve(expression, scope);
  if (value.type !== 'ObjectExpression') throw unreadable(file, `a ${value.type} where an object is expected`);
  return value;
}

function field(object: ObjectExpression, name: string): Expression | undefined {
  for (const property of object.properties) {
    if (property.type === 'KeyValueProperty' && property.key.type === 'Identifier' && property.key.value === name) return property.value;
    if (property.type === 'Identifier' && property.value === name) return property;
  }
  return undefined;
}

/** Spread elements included. */
function elementsOf(expression: Expression, scope: Scope, file: string): Expression[] {
  const value = resolve(expression, scope);
  if (value.type !== 'ArrayExpression') throw unreadable(file, `a ${value.type} where a list is expected`);
  return value.elements.flatMap((element) => {
    if (element === undefined || element === null) return [];
    return element.spread ? elementsOf(element.expression, scope, file) : [element.expression];
  });
}

function textOf(expression: Expression | undefined, scope: Scope, file: string): string {
  const value = expression === undefined ? undefined : resolve(expression, scope);
  if (value?.type === 'StringLiteral') return value.value;
  if (value?.type === 'TemplateLiteral' && value.expressions.length === 0) return value.quasis[0]?.cooked ?? '';
  if (value?.type === 'BinaryExpression' && value.operator === '+')
    return textOf(value.left, scope, file) + textOf(value.right, scope, file);
  throw unreadable(file, `a ${value?.type ?? 'gap'} where text is expected`);
}

const unreadable = (file: string, what: string) =>
  new Error(`${file}: ${what}. Names, skips and reasons of contract runs are literals, or constants of the same file.`);
