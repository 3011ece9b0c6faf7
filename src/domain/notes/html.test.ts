import { describe, expect, it } from 'vitest';
import type { NoteItem } from './document.ts';
import type { EditedNotes } from './edits.ts';
import { renderNotesHtml } from './html.ts';

const item = (changes: Partial<NoteItem> = {}): NoteItem => ({
  ...{
    id: '0'.repeat(16),
    section: 'features',
    scope: null,
    text: 'add it',
    breakingNotes: [],
    tickets: [],
    pullRequests: [],
    authors: [],
  },
  commits: [{ sha: '0123456789abcdef', url: null, pickedFrom: [] }],
  ...changes,
});

const html = (items: NoteItem[], more: Partial<EditedNotes> = {}) =>
  renderNotesHtml({
    ...{ base: 'v1', head: 'v2', commits: 1, remarks: [], hidden: [], stale: [], preface: null, appendix: null },
    sections: items.length === 0 ? [] : [{ section: 'features', items }],
    ...more,
  });

describe('renderNotesHtml', () => {
  it('writes a heading per section and a list item per change', () => {
    const full = item({
      ...{ scope: 'api', breakingNotes: ['update'], tickets: ['APP-1'], authors: ['Ada'] },
      pullRequests: [{ number: 12, url: 'https://scm.example/pull/12' }],
      commits: [{ sha: '0123456789abcdef', url: 'https://scm.example/c?a=1&b=2', pickedFrom: [] }],
    });

    expect(html([full, item()])).toBe(
      [
        '<h2>Features</h2>',
        '<ul>',
        '<li><strong>api:</strong> add it (APP-1, <a href="https://scm.example/pull/12" rel="noopener noreferrer">#12</a>) ' +
          '(<a href="https://scm.example/c?a=1&amp;b=2" rel="noopener noreferrer">0123456789</a>) — Ada<ul><li>update</li></ul></li>',
        '<li>add it (0123456789)</li>',
        '</ul>',
        '',
      ].join('\n'),
    );
  });

  it('lets no text be markup, and no address lead elsewhere than to the web', () => {
    const evil = `<script>alert("x")</script>&amp;'`;
    const escaped = '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;&#39;';
    const hostile = item({
      ...{ scope: evil, text: evil, breakingNotes: [evil], tickets: [evil], authors: [evil] },
      pullRequests: [{ number: 1, url: 'javascript:alert(1)' }],
      commits: [{ sha: '<img src=x>', url: 'https://x.example/"onmouseover="alert(1)', pickedFrom: [] }],
    });

    const page = html([hostile], { preface: evil, appendix: evil });

    expect(page.split(escaped)).toHaveLength(7);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('javascript:');
    expect(page).toContain('href="https://x.example/&quot;onmouseover=&quot;alert(1)"');
  });

  it('says so when there is nothing, and how the notes were made', () => {
    expect(html([], { remarks: ['since-fork'], preface: 'One\n\nTwo' })).toMatch(
      /^<p>One<\/p>\n<p>Two<\/p>\n<p>No changes\.<\/p>\n<p><em>There is no earlier release .*<\/em><\/p>\n$/,
    );
  });
});
