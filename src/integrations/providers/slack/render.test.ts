import { describe, expect, it } from 'vitest';
import type { MessageAction } from '../../../domain/message.ts';
import { blockIdOf, render } from './render.ts';
import { escapeText } from './text-limits.ts';

describe('render', () => {
  it('puts headline, heading, text and fields into blocks of their kinds, and the key on the last', () => {
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
        { type: 'header', text: { type: 'plain_text', text: 'Release 1.2.0 needs approval', emoji: false } },
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

  it('shows the summary above everything, on one line and escaped, whether or not there are sections', () => {
    const { text, blocks } = render({ summary: ' a <\nb ', sections: [] }, 'k');

    expect(text).toBe('a &lt; b');
    expect(blocks).toEqual([{ type: 'header', text: { type: 'plain_text', text: 'a &lt; b', emoji: false }, block_id: 'signalbox:k' }]);
    expect(render({ summary: 'a', sections: [{ text: 't' }] }, 'k').blocks[0]).toMatchObject({ type: 'header', text: { text: 'a' } });
  });

  it.each([
    ['x'.repeat(150), 'header'],
    ['x'.repeat(151), 'section'],
    // Escaped it is longer.
    [`${'x'.repeat(147)}<`, 'section'],
  ])('loses nothing of a summary that a header has no room for', (summary, type) => {
    const [first] = render({ summary, sections: [{ text: 't' }] }, 'k').blocks;

    expect(first).toMatchObject({ type, text: { type: 'plain_text', text: escapeText(summary) } });
  });

  it('shows something where there is nothing to say', () => {
    expect(render({ summary: ' ', sections: [] }, 'k').blocks).toMatchObject([
      { type: 'section', text: { text: '…' }, block_id: 'signalbox:k' },
    ]);
  });

  it('breaks long text between lines and loses nothing of it', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} & more`);

    const { blocks } = render({ summary: 's', sections: [{ text: lines.join('\n') }] }, 'k');

    const texts = blocks.slice(1).map((block) => (block.type === 'section' ? (block.text?.text ?? '') : ''));
    expect(texts.length).toBeGreaterThan(1);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(3000);
    expect(texts.join('\n').replaceAll('&amp;', '&').split('\n')).toEqual(lines);
  });

  it('cuts neither an entity nor a character in two', () => {
    const { blocks } = render({ summary: 's', sections: [{ text: `${'x'.repeat(2998)}&${'😀'.repeat(2000)}` }] }, 'k');

    const texts = blocks.slice(1).map((block) => (block.type === 'section' ? (block.text?.text ?? '') : ''));
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
    const { blocks } = render({ summary: 's', sections: Array.from({ length: 49 }, () => ({ text: 't' })) }, 'k');

    expect(blocks).toHaveLength(50);
    expect(blocks.at(-1)).toMatchObject({ text: { text: 't' } });
  });
});

describe('the buttons of a message', () => {
  const approve = { id: 'gate.approve', label: 'Approve', value: 'T1:17' };
  const rowsOf = (actions: MessageAction[], sections = [{ text: 't' }]) =>
    render({ summary: 's', sections, actions }, 'k').blocks.flatMap((block) => (block.type === 'actions' ? [block.elements] : []));

  it('stand below, and the last row carries the key', () => {
    const { blocks } = render({ summary: 's', sections: [{ text: 't' }], actions: [approve] }, 'k');

    expect(blocks.slice(1)).toEqual([
      { type: 'section', text: { type: 'plain_text', text: 't', emoji: false } },
      {
        type: 'actions',
        elements: [
          { type: 'button', action_id: 'gate.approve', text: { type: 'plain_text', text: 'Approve', emoji: false }, value: 'T1:17' },
        ],
        block_id: 'signalbox:k',
      },
    ]);
  });

  it('ask before they count where that is wanted, escaped and within the limits', () => {
    const [[button] = []] = rowsOf([
      { ...approve, label: `<Stop> ${'x'.repeat(100)}`, style: 'danger', confirm: `<&> ${'y'.repeat(400)}` },
    ]);

    expect(button).toMatchObject({
      style: 'danger',
      text: { text: expect.stringMatching(/^&lt;Stop&gt; x+…$/) },
      confirm: {
        style: 'danger',
        title: { type: 'plain_text', text: 'Are you sure?' },
        text: { type: 'plain_text', text: expect.stringMatching(/^&lt;&amp;&gt; y+…$/) },
        confirm: { text: expect.stringMatching(/^&lt;Stop&gt; x+…$/) },
        deny: { text: 'Cancel' },
      },
    });
    const { text, confirm } = button as { text: { text: string }; confirm: Record<'text' | 'confirm', { text: string }> };
    expect([text.text, confirm.text.text, confirm.confirm.text].map(({ length }) => length)).toEqual([75, 300, 30]);
  });

  it('of one id stand in rows of their own, 25 a row at most', () => {
    const many = Array.from({ length: 26 }, (_, index) => ({ ...approve, id: `a${index}` }));

    expect(rowsOf([approve, { ...approve, value: 'T2' }]).map((row) => row.length)).toEqual([1, 1]);
    expect(rowsOf(many).map((row) => row.length)).toEqual([25, 1]);
  });

  it('survive a message of too many blocks, which says above them that it was cut', () => {
    const sections = Array.from({ length: 60 }, () => ({ text: 't' }));
    const { blocks } = render({ summary: 's', sections, actions: [approve] }, 'k');

    expect(blocks).toHaveLength(50);
    expect(blocks.at(-2)).toMatchObject({ text: { text: expect.stringContaining('cut') } });
    expect(blocks.at(-1)).toMatchObject({ type: 'actions', block_id: 'signalbox:k' });
  });

  it('keep room for words however many they are', () => {
    const { blocks } = render({ summary: 's', sections: [{ text: 't' }], actions: Array.from({ length: 80 }, () => approve) }, 'k');

    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(blocks[1]).toMatchObject({ text: { text: 't' } });
  });

  it('without label or value say their id and are about nothing', () => {
    expect(rowsOf([{ id: 'gate.approve', label: ' ', value: '' }])).toEqual([
      [{ type: 'button', action_id: 'gate.approve', text: { type: 'plain_text', text: 'gate.approve', emoji: false } }],
    ]);
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
