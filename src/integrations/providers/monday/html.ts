/** Bodies of updates are HTML. */

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** Plain text as paragraphs: blank lines separate them, line breaks are kept. */
export function htmlOf(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replace(/\n/g, '<br>')}</p>`)
    .join('');
}

/** As people read it: one entry a line. monday puts byte order marks where a person mentioned somebody. */
export function linesOf(html: string): string[] {
  return decode(html.replace(/<br\s*\/?>|<\/(?:p|div|li|h\d|blockquote|pre)>/gi, '\n').replace(/<[^>]*>/g, ''))
    .replace(/[\uFEFF\u200B]/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export function anchorOf(link: { url: string; title: string }): string {
  const title = link.title.replace(/\s+/g, ' ').trim();
  return `<p><a href="${escapeHtml(link.url)}" rel="noopener noreferrer" target="_blank">${escapeHtml(title || link.url)}</a></p>`;
}

/** The link that a body consists of; `null` where there is anything beside it. */
export function linkOf(html: string): { url: string; title: string } | null {
  const bare = html.replace(/<\/?(?:p|div|span|br)\b[^>]*>|[\uFEFF\u200B]/gi, '').trim();
  const match = /^<a\b[^>]*?\bhref="([^"]*)"[^>]*>([^<]*)<\/a>$/i.exec(bare);
  return match ? { url: decode(match[1] ?? ''), title: decode(match[2] ?? '').trim() } : null;
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return Object.hasOwn(entities, name.toLowerCase()) ? (entities[name.toLowerCase()] ?? whole) : whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
