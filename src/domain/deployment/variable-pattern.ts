import { RE2JS } from 're2js';

/*
 * Patterns that values of variables must match. People of a tenant write them and a worker runs them: RE2 takes time in proportion to the value, whatever
 * the pattern. Look-around and back-references are none of it.
 */

/** @returns what is wrong with it; null = nothing */
export function patternProblem(pattern: string): string | null {
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it cannot be read';
    return `must be a regular expression as RE2 reads it, without look-around and back-references: ${why}`;
  }
}

/** Whether all of the value matches; null = the pattern is none. */
export function matchesPattern(pattern: string, value: string): boolean | null {
  return patternProblem(pattern) === null ? RE2JS.compile(pattern).matches(value) : null;
}
