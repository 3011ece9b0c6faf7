import { describe, expect, it } from 'vitest';
import { markdownOf } from './markdown.ts';

describe('markdownOf', () => {
  it('is headings, paragraphs and a list of fields', () => {
    const sections = [
      { heading: 'Release 1', text: 'one\ntwo\n\nthree' },
      {
        fields: [
          { label: 'Build', value: '42', url: 'https://ci.example/42?a=(1)' },
          { label: '', value: '' },
        ],
      },
    ];

    expect(markdownOf({ summary: 's', sections })).toBe(
      '## Release 1\n\none\\\ntwo\n\nthree\n\n- **Build:** [42](<https://ci.example/42?a=(1)>)\n- –',
    );
  });

  it('escapes every punctuation character of a text, wherever it stands', () => {
    const text = '# h\n- l\n1. x\n> q\n    code\n<b>*a*_b_`c`[d](e)![f](g)|~&amp;\\';

    const [body = ''] = markdownOf({ summary: 's', sections: [{ text }] }).split('\n\n');

    expect(body.replace(/\\[!-/:-@[-`{-~]/g, '').replaceAll('\\\n', '\n')).not.toMatch(/[!-/:-@[-`{-~]/);
    expect(body.replaceAll('\\\n', '\n').replace(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(text.replace('    code', 'code'));
  });

  it('links to the web alone, and no address ends early', () => {
    const fields = [
      { label: 'a', value: 'x', url: 'javascript:alert(1)' },
      { label: 'b', value: ']( y', url: 'https://a.example/<x>\\y' },
      { label: 'c', value: ' ', url: 'https://a.example/' },
    ];

    expect(markdownOf({ summary: 's', sections: [{ fields }] })).toBe(
      '- **a:** x\n- **b:** [\\]\\( y](<https://a.example/%3Cx%3E/y>)\n- **c:** [link](<https://a.example/>)',
    );
  });

  it('has no line breaks around a text', () => {
    expect(markdownOf({ summary: 's', sections: [{ text: '\none\n  \n\ntwo\n' }] })).toBe('one\n\ntwo');
  });

  it('is the summary where there is nothing else', () => {
    expect(markdownOf({ summary: 'a *b*', sections: [{}] })).toBe('a \\*b\\*');
  });
});
