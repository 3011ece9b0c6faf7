import { describe, expect, it } from 'vitest';
import { adfDocument, documentText } from './document.ts';

const text = (value: string) => ({ type: 'text', text: value });
const link = (href: string) => ({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] });
const paragraphs = (value: string) => adfDocument(value).content.map((paragraph) => paragraph.content);

describe('adfDocument', () => {
  it('separates paragraphs at blank lines and keeps single line breaks', () => {
    expect(adfDocument('one\ntwo\r\n \r\nthree\n\n\n')).toEqual({
      type: 'doc',
      version: 1,
      content: [
        { type: 'paragraph', content: [text('one'), { type: 'hardBreak' }, text('two')] },
        { type: 'paragraph', content: [text('three')] },
      ],
    });
  });

  it('makes web addresses links, without the punctuation of the sentence', () => {
    expect(paragraphs('See https://ci.example.com/run?id=1&x=(2), or (http://a.b/c).')).toEqual([
      [text('See '), link('https://ci.example.com/run?id=1&x=(2'), text('), or ('), link('http://a.b/c'), text(').')],
    ]);
  });

  it.each(['', '\n\n', '   ', 'https://a.b\nhttps://c.d', '\n\nx'])('has no empty text node, which Jira refuses: %j', (value) => {
    for (const node of paragraphs(value).flat()) if (node.type === 'text') expect(node.text).not.toBe('');
  });

  it('passes markup through as text', () => {
    expect(
      paragraphs('{panel} *bold* <b> [x|http://e.f]')[0]
        ?.map((node) => (node.type === 'text' ? node.text : ''))
        .join(''),
    ).toBe('{panel} *bold* <b> [x|http://e.f]');
  });
});

describe('documentText', () => {
  it('gives back what was written, a line per paragraph and line break', () => {
    expect(documentText(adfDocument('one\ntwo https://a.b/c\n\nthree')).trimEnd().split('\n')).toEqual([
      'one',
      'two https://a.b/c',
      'three',
    ]);
  });

  it('finds text in nodes of every kind', () => {
    const item = { type: 'listItem', content: [{ type: 'paragraph', content: [{ type: 'text', text: 'inside' }] }] };

    expect(documentText({ type: 'doc', content: [{ type: 'rule' }, { type: 'bulletList', content: [item] }] }).trim()).toBe('inside');
  });

  it.each([null, undefined, 7, 'text', [], {}, { type: 'doc', content: [null, 7] }])('is empty for %j', (value) => {
    expect(documentText(value).trim()).toBe('');
  });
});
