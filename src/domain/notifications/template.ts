import Mustache from 'mustache';
import { at } from '../release/notification-pieces.ts';

/*
 * Templates of tenants: names and sections of Mustache over the data of one notification, and nothing else. No partials, no lambdas, no other
 * delimiters; the data have no prototypes and no functions. What comes out is plain text: whoever shows it in a channel escapes it there, so
 * nothing is escaped here. Text of people in the data is never read as a template.
 */

export const MAX_HEADLINE_CHARS = 300;
export const MAX_BODY_CHARS = 6_000;
const MAX_ITEMS = 50;
const MAX_VALUE_CHARS = 3_000;
const MAX_DEPTH = 4;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** As the parser hands them out: kind, name, position, and of a section its inside. */
type Token = [kind: string, name: string, start: number, end: number, ...rest: unknown[]];

/** What is wrong with a template, in words for whoever wrote it; empty = nothing. `example` has every field that the type can have. */
export function templateProblems(template: string, example: object): string[] {
  let tokens: Token[];
  try {
    tokens = parse(template);
  } catch (error) {
    return [`cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
  return [...new Set(problemsIn(tokens, [{ value: example, isList: false }]))];
}

/** Fills in a template that has no problems. At most `maxChars` characters; what is more is cut with an ellipsis. */
export function fillIn(template: string, data: object, maxChars: number): string {
  let room = maxChars;
  const write = (value: unknown): string => {
    const text = String(value).slice(0, Math.max(0, room + 1));
    room -= text.length;
    return text;
  };
  const text = new Mustache.Writer().render(template, plain(data) as object, {}, { escape: write });
  return cut(text, maxChars);
}

// The typings leave out what a section has inside.
const parse = (template: string) => new Mustache.Writer().parse(template) as unknown as Token[];

/** Where a name is looked for: what the sections around it are about, innermost last. */
interface Scope {
  value: unknown;
  isList: boolean;
}

function problemsIn(tokens: readonly Token[], scopes: readonly Scope[]): string[] {
  return tokens.flatMap((token) => {
    const [kind, name] = token;
    switch (kind) {
      case 'text':
      case '!':
        return [];
      case 'name':
        return valueProblems(name, scopes);
      case '#':
      case '^':
        return sectionProblems(token, scopes);
      case '&':
        return [`{{{${name}}}} and {{&${name}}}: write {{${name}}}; nothing is escaped before it is shown`];
      case '>':
        return [`{{> ${name}}}: there are no partials`];
      default:
        return ['other delimiters than {{ and }} are not possible'];
    }
  });
}

function valueProblems(name: string, scopes: readonly Scope[]): string[] {
  const found = lookUp(name, scopes);
  if (found === undefined) return [unknown(name)];
  if (Array.isArray(found)) return [`{{${name}}} is a list: write {{#${name}}}…{{/${name}}}`];
  if (typeof found === 'object' && found !== null) return [`{{${name}}} is a group: name one of ${Object.keys(found).join(', ')}`];
  return [];
}

function sectionProblems([kind, name, , , inside]: Token, scopes: readonly Scope[]): string[] {
  const found = lookUp(name, scopes);
  if (found === undefined) return [unknown(name)];
  if (scopes.length > MAX_DEPTH) return [`{{#${name}}}: at most ${MAX_DEPTH} sections within each other`];
  const isList = Array.isArray(found) && kind === '#';
  // Nested lists would multiply what comes out.
  if (isList && scopes.some((scope) => scope.isList)) return [`{{#${name}}} is a list within a list`];
  // An inverted section is about nothing; the parser puts the inside of either kind last.
  const scope: Scope = { value: isList ? found[0] : kind === '#' ? found : {}, isList };
  return problemsIn((inside ?? []) as Token[], [...scopes, scope]);
}

const unknown = (name: string) =>
  `{{${name}}} is not known here${/^(each|if|unless|with)\s/.test(name) ? `: sections are written {{#${name.split(/\s+/)[1] ?? ''}}}…{{/${name.split(/\s+/)[1] ?? ''}}}` : ''}`;

/** As the renderer looks: from the inside out, the whole of a dotted name in one place; own fields only. */
function lookUp(name: string, scopes: readonly Scope[]): unknown {
  if (name === '.') {
    const here = scopes.at(-1);
    return here !== undefined && scopes.length > 1 && typeof here.value !== 'object' ? here.value : undefined;
  }
  for (const { value } of [...scopes].reverse()) {
    const found = name.split('.').reduce<unknown>((inside, part) => ownField(inside, part), value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ownField(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, field)) return undefined;
  return (value as Record<string, unknown>)[field];
}

/** The data as the renderer gets them: bounded, without prototypes, instants as people read them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(plain);
  if (typeof value === 'string') return INSTANT.test(value) ? at(value) : cut(value, MAX_VALUE_CHARS);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  const bare: Record<string, unknown> = Object.create(null);
  for (const [name, child] of Object.entries(value)) bare[name] = plain(child);
  return bare;
}

/** Never within a character. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(maxChars - 2)) ? maxChars - 2 : maxChars - 1;
  return `${text.slice(0, end)}…`;
}
