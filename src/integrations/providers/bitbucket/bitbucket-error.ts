import { z } from 'zod';

/** Bitbucket's error body: `{"type": "error", "error": {"message", "detail", "fields", "data"}}`. */
const errorBodySchema = z.object({
  error: z.object({
    message: z.string(),
    detail: z.unknown().optional(),
    fields: z.record(z.string(), z.unknown()).optional().catch(undefined),
  }),
});

const scopesSchema = z.object({ required: z.array(z.string()), granted: z.array(z.string()) });

/** The words of an error body, one line; `undefined` for any other body. */
export function errorWords(body: unknown): string | undefined {
  const parsed = errorBodySchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { message, detail, fields } = parsed.data.error;
  const words = [message, ...detailWords(detail), ...fieldWords(fields ?? {})];
  return [...new Set(words)].join('; ').replace(/\s+/g, ' ');
}

/** Text, or the scopes that a credential has and would need. */
function detailWords(detail: unknown): string[] {
  if (typeof detail === 'string' && detail !== '') return [detail];
  const scopes = scopesSchema.safeParse(detail);
  if (!scopes.success) return [];
  return [`needs ${scopes.data.required.join(', ')}, has ${scopes.data.granted.join(', ') || 'nothing'}`];
}

/** `fields` holds a text or a list of texts by the field that is wrong. */
function fieldWords(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).flatMap(([field, value]) =>
    [value].flat().flatMap((text) => (typeof text === 'string' ? [`${field}: ${text}`] : [])),
  );
}

/** The token endpoint speaks OAuth's own dialect (RFC 6749, 5.2). */
export function tokenErrorWords(body: unknown): string | undefined {
  const parsed = z.object({ error: z.string(), error_description: z.string().optional() }).safeParse(body);
  return parsed.success ? [parsed.data.error, parsed.data.error_description].filter(Boolean).join(': ') : errorWords(body);
}
