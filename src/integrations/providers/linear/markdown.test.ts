import { describe, expect, it } from 'vitest';
import { markdownOf } from './markdown.ts';

describe('markdownOf', () => {
  it('separates paragraphs at blank lines and keeps single line breaks', () => {
    expect(markdownOf('one\ntwo\r\n \r\nthree\n\n\n')).toBe('one  \ntwo\n\nthree');
  });

  it('leaves web addresses alone, without the punctuation of the sentence', () => {
    expect(markdownOf('See https://ci.example.com/a_b/*?x=1&y=(2), or http://a.b/c_d.')).toBe(
      'See https://ci.example.com/a_b/*?x=1&y=(2), or http://a.b/c_d.',
    );
  });

  it.each([
    ['# not a heading', '\\# not a heading'],
    ['- not a list', '\\- not a list'],
    ['+++ not a section', '\\+++ not a section'],
    ['1. not a list', '1\\. not a list'],
    ['4.2.0 is no list', '4.2.0 is no list'],
    ['> not a quote', '\\> not a quote'],
    ['    not code', 'not code'],
    ['===', '\\==='],
    ['*bold* _it_ `code` [x](y) <b> ~~s~~ a|b \\', '\\*bold\\* \\_it\\_ \\`code\\` \\[x\\](y) \\<b\\> \\~\\~s\\~\\~ a\\|b \\\\'],
    ['a & b &amp; c', 'a & b \\&amp; c'],
  ])('shows markup as the text it is: %s', (text, markdown) => {
    expect(markdownOf(text)).toBe(markdown);
  });

  it.each(['', '\n\n', '   '])('makes nothing of nothing: %j', (text) => {
    expect(markdownOf(text)).toBe('');
  });
});
