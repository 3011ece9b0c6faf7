import { describe, expect, it } from 'vitest';
import { htmlOf } from './html.ts';

const body = (html: string) => html.split('\n').slice(2, -2).join('\n');

describe('htmlOf', () => {
  it('is headings, paragraphs and a table of fields', () => {
    const fields = [
      { label: 'Build', value: '42', url: 'https://ci.example/42' },
      { label: 'Notes', value: 'a\nb' },
      { label: 'Empty', value: ' ' },
    ];

    expect(body(htmlOf({ summary: 's', sections: [{ heading: 'Release', text: 'one\ntwo\n\nthree', fields }] }))).toBe(
      [
        '<h3>Release</h3>\n<p>one<br>\ntwo</p>\n<p>three</p>\n<table>',
        '<tr><th align="left" valign="top">Build</th><td><a href="https://ci.example/42">42</a></td></tr>',
        '<tr><th align="left" valign="top">Notes</th><td>a<br>\nb</td></tr>',
        '<tr><th align="left" valign="top">Empty</th><td>–</td></tr>\n</table>',
      ].join('\n'),
    );
  });

  it('has no markup but its own, whatever stands in a text, a label, a value or an address', () => {
    const evil = `<script>alert(1)</script><img src=x onerror="a"> ' & &lt;`;
    const fields = [
      { label: evil, value: evil, url: `https://a.example/"onclick='x'<b>` },
      { label: 'trap', value: 'x', url: 'javascript:alert(1)' },
      { label: 'data', value: 'x', url: 'data:text/html,<script>' },
    ];

    const html = htmlOf({ summary: evil, sections: [{ heading: evil, text: evil, fields }] });

    expect([...new Set(html.match(/<[a-z!]+/gi))]).toEqual([
      '<!doctype',
      '<html',
      '<body',
      '<h',
      '<p',
      '<table',
      '<tr',
      '<th',
      '<td',
      '<a',
    ]);
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address)).toEqual([
      'https://a.example/%22onclick=&#39;x&#39;%3Cb%3E',
    ]);
    expect(html.split('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;a&quot;&gt; &#39; &amp; &amp;lt;')).toHaveLength(5);
  });

  it('is the summary where there is nothing else', () => {
    expect(body(htmlOf({ summary: 'a <b>', sections: [{}, { heading: ' ', text: '\n' }] }))).toBe('<p>a &lt;b&gt;</p>');
  });
});
