/** Descriptions and comments: text in v2, a document in v3. */
export function complaintAboutText(text: unknown, version: string): string | null {
  if (text === undefined || text === null) return null;
  if (version === '2') return typeof text === 'string' ? null : 'Operation value must be a string';
  const { type, version: adf, content } = text as { type?: unknown; version?: unknown; content?: unknown };
  return type === 'doc' && adf === 1 && Array.isArray(content) && isSound(content)
    ? null
    : 'Operation value must be an Atlassian Document (see the Atlassian Document Format)';
}

/** Jira refuses text nodes without text. */
function isSound(content: unknown[]): boolean {
  return content.every((node) => {
    const { type, text, content: inner } = node as { type?: string; text?: string; content?: unknown[] };
    return type === 'text' ? typeof text === 'string' && text !== '' : inner === undefined || isSound(inner);
  });
}
