import { RE2JS } from 're2js';

/*
 * Which files of a repository are a service's own: `*` and `?` within a folder, `**` for folders however deep, `[a-z]` and `{a,b}`; a rule without any of
 * them takes the file of that name, or everything below the folder. Rules are people's and are read while others wait, so they must take linear time. A
 * rule that takes nothing would leave its service out of every partial deployment: such are refused, and where one is stored it takes everything.
 */

/** @returns what is wrong with it; null = nothing */
export function pathRuleProblem(rule: string): string | null {
  const folders = rule.split('/');
  if (rule.trim() !== rule || rule.includes('\\') || folders.some((name) => name === '' || name === '.' || name === '..')) {
    return 'must be a path as the repository shows it, seen from its root, with / between folders and none at either end, such as services/api/**';
  }
  if (rule.startsWith('!')) return 'must say which files are its own: what is left out cannot be said';
  return regularOf(rule) === null ? 'must close every [ and {' : null;
}

/** Whether any of the rules takes a file. */
export function matchesRules(rules: readonly string[]): (file: string) => boolean {
  const matchers = rules.map(matcherOf);
  return (file) => matchers.some((matches) => matches(file));
}

const WILD = /[*?[\]{}]/;

function matcherOf(rule: string): (file: string) => boolean {
  const folder = rule.endsWith('/**') ? rule.slice(0, -3) : rule;
  if (pathRuleProblem(rule) !== null) return () => true;
  if (!WILD.test(folder)) return (file) => file === folder || file.startsWith(`${folder}/`);
  const pattern = RE2JS.compile(regularOf(rule) ?? '', RE2JS.DOTALL);
  return (file) => pattern.matches(file);
}

/** null = a bracket is left open, or closed that was not opened. */
function regularOf(rule: string): string | null {
  let regular = '';
  let depth = 0;
  for (let at = 0; at < rule.length; ) {
    const { text, length, opens = 0 } = pieceAt(rule, at, depth) ?? { text: '', length: 0 };
    if (length === 0) return null;
    regular += text;
    depth += opens;
    at += length;
  }
  return depth === 0 ? regular : null;
}

interface Piece {
  text: string;
  length: number;
  /** How many groups more are open behind it. */
  opens?: number;
}

function pieceAt(rule: string, at: number, depth: number): Piece | null {
  const rest = rule.slice(at);
  const isFolder = at === 0 || '/{,'.includes(rule.charAt(at - 1));
  if (isFolder && rest.startsWith('**/')) return { text: '(?:[^/]+/)*', length: 3 };
  if (isFolder && rest === '**') return { text: '.*', length: 2 };
  if (rest === '/**') return { text: '(?:/.*)?', length: 3 };
  switch (rule.charAt(at)) {
    case '*':
      return { text: '[^/]*', length: /^\*+/.exec(rest)?.[0].length ?? 1 };
    case '?':
      return { text: '[^/]', length: 1 };
    case '[':
      return classAt(rest);
    case ']':
      return null;
    case '{':
      return { text: '(?:', length: 1, opens: 1 };
    case '}':
      return depth === 0 ? null : { text: ')', length: 1, opens: -1 };
    case ',':
      return { text: depth === 0 ? ',' : '|', length: 1 };
    default:
      return { text: RE2JS.quote(rule.charAt(at)), length: 1 };
  }
}

/** What is not in a class takes no slash. */
function classAt(rest: string): Piece | null {
  const [whole, negated, content] = /^\[([!^]?)([^\]/[]+)\]/.exec(rest) ?? [];
  if (whole === undefined || content === undefined) return null;
  const text = negated === '' ? `[${escaped(content)}]` : `[^/${escaped(content)}]`;
  try {
    RE2JS.compile(text);
  } catch {
    return null;
  }
  return { text, length: whole.length };
}

const escaped = (content: string) => content.replaceAll(/[\\^&]/g, '\\$&');
