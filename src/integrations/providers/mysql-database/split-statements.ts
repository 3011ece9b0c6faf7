/** A file of SQL as the statements that a client sends one by one. */

export interface Statement {
  /** Without its delimiter and without comments before it. */
  text: string;
  /** Of its first character, 1 for the first. */
  line: number;
}

export type SplitSql = { statements: Statement[] } | { problem: string };

const DELIMITER = /^delimiter(?:[ \t]+(\S+))?[ \t]*(?:\r?\n|$)/i;

/**
 * Splits at the delimiter: `;`, or what a line `DELIMITER …` says, as the command-line client has it. Quotes (`'`, `"`, backticks; doubled, or with a
 * backslash but in backticks) and comments (`-- `, `#`, `/*`) hide it. Comments alone are no statement; those that the server carries out
 * (`/*!`, `/*M!`) are.
 */
export function splitStatements(sql: string): SplitSql {
  const statements: Statement[] = [];
  let delimiter = ';';
  let begin: number | null = null;
  let at = sql.startsWith('\uFEFF') ? 1 : 0;
  const finish = (end: number) => {
    if (begin === null) return;
    statements.push({ text: sql.slice(begin, end).trimEnd(), line: lineOf(sql, begin) });
    begin = null;
  };
  while (at < sql.length) {
    const command =
      begin === null && /d/i.test(sql.charAt(at)) && isLineStart(sql, at) ? DELIMITER.exec(sql.slice(at, at + MAX_COMMAND_CHARS)) : null;
    if (command !== null) {
      if (command[1] === undefined) return { problem: `line ${lineOf(sql, at)}: DELIMITER names none` };
      delimiter = command[1];
      at += command[0].length;
    } else if (sql.startsWith(delimiter, at)) {
      finish(at);
      at += delimiter.length;
    } else {
      const hidden = hiddenUntil(sql, at);
      if (hidden?.end === null) return { problem: `line ${lineOf(sql, at)}: ${hidden.what} does not end` };
      const isContent = hidden === null ? !/\s/.test(sql.charAt(at)) : hidden.isContent;
      if (isContent) begin ??= at;
      at = hidden?.end ?? at + 1;
    }
  }
  finish(sql.length);
  return { statements };
}

const MAX_COMMAND_CHARS = 200;

interface Hidden {
  /** Behind its last character; null = it never ends. */
  end: number | null;
  isContent: boolean;
  what: string;
}

/** The quote or comment that begins here, if one does. */
function hiddenUntil(sql: string, at: number): Hidden | null {
  const char = sql.charAt(at);
  if (char === "'" || char === '"' || char === '`') return { end: endOfQuote(sql, at, char), isContent: true, what: `the quote ${char}` };
  if (sql.startsWith('/*', at)) {
    const end = sql.indexOf('*/', at + 2);
    return { end: end === -1 ? null : end + 2, isContent: /^\/\*M?!/.test(sql.slice(at, at + 4)), what: 'the comment' };
  }
  if (char === '#' || /^--(?:\s|$)/.test(sql.slice(at, at + 3))) {
    const end = sql.indexOf('\n', at);
    return { end: end === -1 ? sql.length : end, isContent: false, what: 'the comment' };
  }
  return null;
}

/** A doubled quote is two quotes side by side, which comes to the same. */
function endOfQuote(sql: string, at: number, quote: string): number | null {
  for (let next = at + 1; next < sql.length; next += 1) {
    const char = sql.charAt(next);
    if (char === '\\' && quote !== '`') next += 1;
    else if (char === quote) return next + 1;
  }
  return null;
}

const isLineStart = (sql: string, at: number) => /^[ \t\uFEFF]*$/.test(sql.slice(sql.lastIndexOf('\n', at - 1) + 1, at));

const lineOf = (sql: string, at: number) => sql.slice(0, at).split('\n').length;
