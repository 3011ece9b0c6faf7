import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../context.ts';
import { pointer, problem } from '../problem.ts';

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** No body of ours comes near; what parses deeper may not be written or walked again. */
const MAX_DEPTH = 64;

/**
 * Refuses what is JSON by its grammar and nothing one could store: half a surrogate pair, which UTF-8 cannot write and each database refuses
 * or changes in its own way, and thousands of brackets, which overflow the stack of whoever walks them.
 */
export const refuseBrokenText: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.method === 'DELETE') return next();
  const text = await c.req.text();
  if (isDeeper(text, MAX_DEPTH)) return problem(c, 'invalid', `The body is nested more than ${MAX_DEPTH} levels deep.`);
  if (!SURROGATE_ESCAPE.test(text)) return next();
  const body = parsed(text);
  const broken = body === undefined ? [] : brokenAt(body, []);
  if (broken.length === 0) return next();
  return problem(c, 'invalid', 'The request has invalid fields.', {
    errors: broken.map((path) => ({ field: pointer(path), message: 'holds half a surrogate pair, which is no character' })),
  });
};

function isDeeper(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString && character === '\\') index += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) {
      depth += 1;
      if (depth > limit) return true;
    } else if (!inString && (character === '}' || character === ']')) depth -= 1;
  }
  return false;
}

/** `undefined` when it is no JSON: the route says what is wrong with it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function brokenAt(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? [[...path]] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => (LONE_SURROGATE.test(key) ? [[...path]] : brokenAt(item, [...path, key])));
}
