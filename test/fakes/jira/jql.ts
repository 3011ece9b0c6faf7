/** The part of JQL that the fake understands: `field = value` and `field in (value, …)` joined by AND, then ORDER BY. Anything else is refused, as Jira refuses nonsense. */

/** A bare word of digits is an id; a quoted one is a name first. */
export interface Value {
  text: string;
  quoted: boolean;
}

interface Query {
  conditions: { field: string; values: Value[] }[];
  orderBy: { field: string; descending: boolean }[];
}

export class JqlError extends Error {}

/** Quoted strings with backslash escapes, bare words, `=`, `,` and parentheses. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.@:+-]+)|([=,()]))/y;

export function parseJql(jql: string): Query {
  const tokens = tokenise(jql);
  const conditions: Query['conditions'] = [];
  const orderBy: Query['orderBy'] = [];
  let at = 0;
  const next = () => tokens[at++];
  const word = () => tokens[at]?.bare?.toUpperCase();
  while (at < tokens.length && word() !== 'ORDER') {
    if (conditions.length > 0 && next()?.bare?.toUpperCase() !== 'AND')
      throw new JqlError("Error in the JQL Query: Expecting either 'OR' or 'AND'.");
    const field = next()?.bare;
    const operator = next();
    if (field === undefined || (operator?.sign !== '=' && operator?.bare?.toUpperCase() !== 'IN'))
      throw new JqlError('Error in the JQL Query: Expecting operator.');
    conditions.push({ field: field.toLowerCase(), values: operator.sign === '=' ? [literal(next())] : list(next) });
  }
  if (at < tokens.length) {
    at += 1;
    if (next()?.bare?.toUpperCase() !== 'BY') throw new JqlError("Error in the JQL Query: Expecting 'BY'.");
    do {
      const field = next()?.bare;
      if (field === undefined) throw new JqlError('Error in the JQL Query: Expecting a field to order by.');
      const descending = word() === 'DESC';
      if (descending || word() === 'ASC') at += 1;
      orderBy.push({ field: field.toLowerCase(), descending });
    } while (next()?.sign === ',');
  }
  return { conditions, orderBy };
}

interface Token {
  quoted?: string;
  bare?: string;
  sign?: string;
}

function list(next: () => Token | undefined): Value[] {
  if (next()?.sign !== '(') throw new JqlError("Error in the JQL Query: Expecting '('.");
  const values: Value[] = [];
  for (;;) {
    values.push(literal(next()));
    const sign = next()?.sign;
    if (sign === ')') return values;
    if (sign !== ',') throw new JqlError("Error in the JQL Query: Expecting ',' or ')'.");
  }
}

function literal(token: Token | undefined): Value {
  if (token === undefined || token.sign !== undefined) throw new JqlError('Error in the JQL Query: Expecting a value.');
  return { text: token.quoted ?? token.bare ?? '', quoted: token.quoted !== undefined };
}

function tokenise(jql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = jql.trimEnd();
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new JqlError(`Error in the JQL Query: The character at position ${at} is not expected.`);
    const [, quoted, bare, sign] = match;
    if (quoted !== undefined) tokens.push({ quoted: quoted.replace(/\\(.)/g, '$1') });
    else if (bare !== undefined) tokens.push({ bare });
    else if (sign !== undefined) tokens.push({ sign });
    at = TOKEN.lastIndex;
  }
  return tokens;
}
