/** The part of GraphQL that the fake understands: one operation, fields with arguments, no fragments, aliases or directives. */

export interface Field {
  name: string;
  args: Record<string, Value>;
  /** `null` for a leaf. */
  fields: Field[] | null;
}

type Value = { variable: string } | { list: Value[] } | { object: Record<string, Value> } | { literal: string | number | boolean | null };

interface Operation {
  kind: 'query' | 'mutation';
  fields: Field[];
}

export class DocumentError extends Error {}

const TOKEN = /\s*(?:,\s*)*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\$?[A-Za-z_]\w*|[{}()[\]:!=])/y;

export function parseDocument(text: string): Operation {
  const reader = readerOf(tokenise(text));
  const first = reader.peek();
  if (first !== 'query' && first !== 'mutation') return { kind: 'query', fields: selection(reader) };
  reader.next();
  if (reader.peek() !== '{' && reader.peek() !== '(') reader.next();
  if (reader.peek() === '(') skipDefinitions(reader);
  return { kind: first, fields: selection(reader) };
}

/** What the fields ask of a value: functions get the arguments, objects give their members, an unknown member is refused. */
export function select(value: unknown, fields: readonly Field[], variables: Record<string, unknown>): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each) => select(each, fields, variables));
  const members = value as Record<string, unknown>;
  const entries = fields.map(({ name, args, fields: inner }) => {
    const found = Object.hasOwn(members, name) ? members[name] : undefined;
    if (found === undefined) throw new DocumentError(`Cannot query field "${name}".`);
    const given = Object.fromEntries(Object.entries(args).map(([key, arg]) => [key, resolved(arg, variables)]));
    const result = typeof found === 'function' ? found(given) : found;
    if (inner === null && result !== null && typeof result === 'object' && !Array.isArray(result))
      throw new DocumentError(`Field "${name}" must have a selection of subfields.`);
    return [name, inner === null ? result : select(result, inner, variables)];
  });
  return Object.fromEntries(entries);
}

function resolved(value: Value, variables: Record<string, unknown>): unknown {
  if ('variable' in value) return variables[value.variable];
  if ('list' in value) return value.list.map((each) => resolved(each, variables));
  if ('object' in value) return Object.fromEntries(Object.entries(value.object).map(([key, each]) => [key, resolved(each, variables)]));
  return value.literal;
}

interface Reader {
  peek(): string | undefined;
  next(): string;
  expect(token: string): void;
}

function readerOf(tokens: string[]): Reader {
  let at = 0;
  const next = () => {
    const token = tokens[at++];
    if (token === undefined) throw new DocumentError('Syntax Error: Unexpected <EOF>.');
    return token;
  };
  const expect = (token: string) => {
    const found = next();
    if (found !== token) throw new DocumentError(`Syntax Error: Expected "${token}", found "${found}".`);
  };
  return { peek: () => tokens[at], next, expect };
}

function selection(reader: Reader): Field[] {
  const fields: Field[] = [];
  reader.expect('{');
  while (reader.peek() !== '}') {
    const name = reader.next();
    const args = reader.peek() === '(' ? membersOf(reader, '(', ')') : {};
    fields.push({ name, args, fields: reader.peek() === '{' ? selection(reader) : null });
  }
  reader.expect('}');
  return fields;
}

function membersOf(reader: Reader, open: string, close: string): Record<string, Value> {
  const members: Record<string, Value> = {};
  reader.expect(open);
  while (reader.peek() !== close) {
    const name = reader.next();
    reader.expect(':');
    members[name] = value(reader);
  }
  reader.expect(close);
  return members;
}

function value(reader: Reader): Value {
  if (reader.peek() === '{') return { object: membersOf(reader, '{', '}') };
  if (reader.peek() === '[') {
    const list: Value[] = [];
    reader.expect('[');
    while (reader.peek() !== ']') list.push(value(reader));
    reader.expect(']');
    return { list };
  }
  const token = reader.next();
  if (token.startsWith('$')) return { variable: token.slice(1) };
  if (token === 'true' || token === 'false') return { literal: token === 'true' };
  if (token === 'null') return { literal: null };
  return { literal: /^["\d-]/.test(token) ? (JSON.parse(token) as string | number) : token };
}

function skipDefinitions(reader: Reader): void {
  let depth = 0;
  do {
    const token = reader.next();
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
  } while (depth > 0);
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) throw new DocumentError(`Syntax Error: Unexpected character at ${at}.`);
    tokens.push(token);
  }
  return tokens;
}
