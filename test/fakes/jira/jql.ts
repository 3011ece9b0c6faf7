/** The part of JQL that the fake understands: `field = value` joined by AND, then ORDER BY. Anything else is refused, as Jira refuses nonsense. */

interface Query {
  conditions: { field: string; value: string }[];
  orderBy: { field: string; descending: boolean }[];
}

export class JqlError extends Error {}

/** Quoted strings with backslash escapes, bare words, `=` and `,`. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.@:+-]+)|(=|,))/y;

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
    if (field === undefined || next()?.sign !== '=') throw new JqlError('Error in the JQL Query: Expecting operator.');
    const value = next();
    if (value === undefined || value.sign !== undefined) throw new JqlError('Error in the JQL Query: Expecting a value.');
    conditions.push({ field: field.toLowerCase(), value: value.quoted ?? value.bare ?? '' });
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

function tokenise(jql: string): { quoted?: string; bare?: string; sign?: string }[] {
  const tokens: { quoted?: string; bare?: string; sign?: string }[] = [];
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
