const MAX_CHARS = 255;

/** One line of at most 255 characters: Jira refuses anything else as the summary of an issue or the title of a link. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1).trimEnd()}…`;
}
