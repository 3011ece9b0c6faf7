import type { z } from 'zod';
import { issueText } from '../../platform/issue-text.ts';

/** Everything wrong with what was filled into a form, each with the field as a JSON pointer; none = the form takes it. */
export function formProblems(form: z.ZodType, value: unknown): { field: string; message: string }[] {
  const parsed = form.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    // A field that nobody knows is named itself, not the object that it stands in.
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ field: pointer(path), message: issueText(issue, value) }));
  });
}

const pointer = (path: readonly PropertyKey[]) =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
