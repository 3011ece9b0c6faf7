import { describe, expect, it } from 'vitest';
import { anchorOf, htmlOf, linesOf, linkOf } from './html.ts';

describe('htmlOf', () => {
  it('keeps paragraphs and line breaks, and no markup of the text', () => {
    expect(htmlOf('One\ntwo <b>&amp;</b> "three"\n\n\nfour\n')).toBe(
      '<p>One<br>two &lt;b&gt;&amp;amp;&lt;/b&gt; &quot;three&quot;</p><p>four</p>',
    );
  });

  it('reads back line by line', () => {
    const text = 'One\nTwo & <three> "four" ü 🚀\n\nhttps://x.example.com/?a=1&b=2';

    expect(linesOf(htmlOf(text))).toEqual(text.split(/\n+/));
  });
});

describe('linesOf', () => {
  it.each([
    ['<div>a</div><div>m-1</div>', ['a', 'm-1']],
    ['<p>\uFEFF<a href="#">@Ada</a>&nbsp;b<br />m-1</p>', ['@Ada b', 'm-1']],
    ['<ul><li>a</li><li>b</li></ul>', ['a', 'b']],
    ['m-1', ['m-1']],
    ['&#65;&#x42;&unknown;&#9999999;', ['AB&unknown;&#9999999;']],
  ])('reads %j', (html, lines) => {
    expect(linesOf(html)).toEqual(lines);
  });
});

describe('linkOf', () => {
  it('reads back what anchorOf writes, odd characters included', () => {
    const link = { url: 'https://x.example.com/?a="1"&b=<2>', title: 'Build <42> & "more"' };

    expect(linkOf(anchorOf(link))).toEqual(link);
    expect(linkOf(anchorOf({ url: 'https://x.example.com', title: ' \n' }))?.title).toBe('https://x.example.com');
  });

  it.each([
    '<p>see <a href="https://x.example.com">this</a></p>',
    '<a href="a">b</a><a href="c">d</a>',
    '<p>https://x.example.com</p>',
    '',
  ])('takes %j for no link', (html) => {
    expect(linkOf(html)).toBeNull();
  });
});
