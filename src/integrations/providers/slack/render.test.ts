import { describe, expect, it } from 'vitest';
import { blockIdOf, escapeText, render } from './render.ts';

describe('render', () => {
  it('puts heading, text and fields into blocks of their kinds, and the key on the last', () => {
    const content = {
      summary: 'Release 1.2.0 needs approval',
      sections: [
        { heading: 'Release 1.2.0', text: 'Two approvals are missing.' },
        { fields: [{ label: 'Build', value: '#42', url: 'https://ci.example/42?a=1&b=2' }] },
      ],
    };

    expect(render(content, 'release:1:approval')).toEqual({
      text: 'Release 1.2.0 needs approval',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Release 1.2.0', emoji: false } },
        { type: 'section', text: { type: 'plain_text', text: 'Two approvals are missing.', emoji: false } },
        {
          type: 'section',
          fields: [{ type: 'mrkdwn', text: '*Build*\n<https://ci.example/42?a=1&amp;b=2|#42>', verbatim: true }],
          block_id: 'signalbox:release:1:approval',
        },
      ],
    });
  });

  it('shows the summary where there are no sections', () => {
    const { text, blocks } = render({ summary: 'a < b', sections: [] }, 'k');

    expect(text).toBe('a &lt; b');
    expect(blocks).toMatchObject([{ type: 'section', text: { text: 'a &lt; b' } }]);
  });

  it('breaks long text between lines and loses nothing of it', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} & more`);

    const { blocks } = render({ summary: 's', sections: [{ text: lines.join('\n') }] }, 'k');

    const texts = blocks.map((block) => (block.type === 'section' ? (block.text?.text ?? '') : ''));
    expect(texts.length).toBeGreaterThan(1);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(3000);
    expect(texts.join('\n').replaceAll('&amp;', '&').split('\n')).toEqual(lines);
  });

  it('cuts neither an entity nor a character in two', () => {
    const { blocks } = render({ summary: 's', sections: [{ text: `${'x'.repeat(2998)}&${'😀'.repeat(2000)}` }] }, 'k');

    const texts = blocks.map((block) => (block.type === 'section' ? (block.text?.text ?? '') : ''));
    expect(texts[0]).toBe('x'.repeat(2998));
    expect(texts[1]).toMatch(/^&amp;/);
    for (const text of texts) expect(() => encodeURIComponent(text)).not.toThrow();
  });

  it('says so where it cuts a message of too many blocks, and still carries the key', () => {
    const { blocks } = render({ summary: 's', sections: Array.from({ length: 60 }, () => ({ text: 't' })) }, 'k');

    expect(blocks).toHaveLength(50);
    expect(blocks.at(-1)).toMatchObject({ text: { text: expect.stringContaining('cut') }, block_id: 'signalbox:k' });
  });

  it('keeps the whole message at 50 blocks', () => {
    const { blocks } = render({ summary: 's', sections: Array.from({ length: 50 }, () => ({ text: 't' })) }, 'k');

    expect(blocks.at(-1)).toMatchObject({ text: { text: 't' } });
  });
});

describe('blockIdOf', () => {
  it('fits 255 characters and tells long keys apart', () => {
    const long = 'x'.repeat(300);

    expect(blockIdOf(long).length).toBeLessThanOrEqual(255);
    expect(blockIdOf(`${long}1`)).not.toBe(blockIdOf(`${long}2`));
    expect(blockIdOf('x'.repeat(245))).toHaveLength(255);
  });
});

describe('escapeText', () => {
  it('escapes the three characters and no other', () => {
    expect(escapeText(`<a href="x">&amp;'`)).toBe(`&lt;a href="x"&gt;&amp;amp;'`);
  });
});
