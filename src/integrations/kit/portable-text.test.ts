import { describe, expect, it } from 'vitest';
import { oneLine, plainText, shortened, webAddress } from './portable-text.ts';

describe('oneLine', () => {
  it('has no line breaks or control characters', () => {
    expect(oneLine(' a\r\nBcc: b\u0000c\u0085d\u2028e\t f ', 100)).toBe('a Bcc: b c d e f');
  });

  it('is cut between characters', () => {
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdefg', 6)).toBe('abcde…');
    expect(oneLine('abcd😀fgh', 6)).toBe('abcd…');
  });
});

describe('plainText', () => {
  it('is headings, text and fields, with the addresses of the web', () => {
    const sections = [
      { heading: 'Release\n1.2.0', text: 'first\nsecond' },
      {
        fields: [
          { label: 'Build', value: '#42', url: 'https://ci.example/42' },
          { label: 'Trap', value: ' ', url: 'javascript:alert(1)' },
        ],
      },
    ];

    expect(plainText({ summary: 's', sections })).toBe('Release 1.2.0\nfirst\nsecond\n\nBuild: #42 <https://ci.example/42>\nTrap: –');
  });

  it('is the summary where there is nothing else, and never empty', () => {
    expect(plainText({ summary: ' only this ', sections: [{ heading: ' ' }, {}] })).toBe('only this');
    expect(plainText({ summary: ' ', sections: [] })).toBe('…');
  });
});

describe('webAddress', () => {
  it.each([
    ['https://a.example/?a=1&b=2', 'https://a.example/?a=1&b=2'],
    ['http://a.example', 'http://a.example/'],
    ['https://a.example/"><x>', 'https://a.example/%22%3E%3Cx%3E'],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['//a.example', null],
    [undefined, null],
  ])('of %s is %s', (url, address) => {
    expect(webAddress(url)).toBe(address);
  });
});

describe('shortened', () => {
  const content = {
    summary: 's',
    sections: [
      { heading: 'h'.repeat(10), text: 't'.repeat(10), fields: [{ label: 'l', value: 'v'.repeat(9), url: 'https://x.example/' }] },
    ],
  };

  it('leaves alone what fits', () => {
    expect(shortened(content, 48)).toEqual(content);
  });

  it.each([5, 10, 15, 20, 25])('of %i characters is no longer, says that it was cut, and links whole or not at all', (max) => {
    const { sections } = shortened(content, max);

    expect(sections.at(-1)?.text).toContain('was cut here');
    const kept = sections.slice(0, -1);
    const size = kept.flatMap(({ heading = '', text = '', fields = [] }) => [heading, text, ...fields.flatMap((f) => [f.label, f.value])]);
    expect(size.join('').length).toBeLessThanOrEqual(max);
    for (const { url } of kept.flatMap(({ fields = [] }) => fields)) expect(url).toBe('https://x.example/');
  });

  it('counts addresses, too', () => {
    const fields = Array.from({ length: 3 }, () => ({ label: 'l', value: 'v', url: `https://x.example/${'p'.repeat(82)}` }));

    const { sections } = shortened({ summary: 's', sections: [{ fields }] }, 150);

    expect(sections[0]?.fields).toHaveLength(2);
  });

  it('drops the sections that nothing is left for', () => {
    const many = { summary: 's'.repeat(5000), sections: Array.from({ length: 60 }, () => ({ text: 't'.repeat(10) })) };

    const { summary, sections } = shortened(many, 100);

    expect(sections).toHaveLength(11);
    expect(summary).toHaveLength(3000);
  });
});
