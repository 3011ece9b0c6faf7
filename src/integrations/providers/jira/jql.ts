/** A JQL string literal: quoted always, so that reserved words and odd characters in it mean nothing. */
export function jqlString(value: string): string {
  const escaped = value.replace(/[\\"]/g, '\\$&').replace(/[\n\r\t]/g, ' ');
  return `"${escaped}"`;
}
