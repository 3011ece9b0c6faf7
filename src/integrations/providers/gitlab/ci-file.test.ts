import { describe, expect, it } from 'vitest';
import { readCiFile } from './ci-file.ts';

const names = (text: string) => readCiFile(text)?.inputs.map(({ name, channel }) => `${name} ${channel}`);

describe('readCiFile', () => {
  it('keeps defaults as they are written', () => {
    const file = readCiFile('variables: {a: 1.10, b: 0755, c: yes, d: {value: 007, description: Agent}, e: ""}');

    expect(file?.inputs.map((input) => input.default)).toEqual(['1.10', '0755', 'yes', '007', '']);
    expect(file?.inputs[3]).toMatchObject({ description: 'Agent', required: false, type: 'string', channel: 'variable' });
  });

  it('reads the inputs of the header, of which those without a default are required', () => {
    const file = readCiFile(
      'spec:\n  inputs:\n    a:\n    b: {type: number, default: 1}\n    c: {options: [x, y]}\n    d: {type: array, default: []}\n---\nbuild: {}',
    );

    expect(file?.inputs).toMatchObject([
      { name: 'a', required: true, type: 'string', default: null, channel: 'input' },
      { name: 'b', required: false, type: 'number', default: '1' },
      { name: 'c', required: true, type: 'choice', options: ['x', 'y'] },
      { name: 'd', required: false, type: 'unknown', default: '[]' },
    ]);
  });

  it('takes a name that is both for an input of the configuration', () => {
    expect(names('spec: {inputs: {version: }}\n---\nvariables: {version: "1", region: eu}')).toEqual(['version input', 'region variable']);
  });

  it.each(['build: {script: make}', 'variables:\nbuild: {}', 'variables: [a]', 'spec: {}\n---\nbuild: {}', 'a: !reference [b, c]'])(
    'declares nothing in %j',
    (text) => {
      expect(readCiFile(text)?.inputs).toEqual([]);
    },
  );

  it.each(['a: [1\nb: :', '- a list', 'just text', '', '\0'])('is null for %j', (text) => {
    expect(readCiFile(text)).toBeNull();
  });

  it('tells whether the name of a pipeline shows an input', () => {
    const shows = (title: string) => readCiFile(`workflow: {name: ${JSON.stringify(title)}}`)?.nameShows('SB_ID');

    expect(shows('Build $[[ inputs.SB_ID ]]')).toBe(true);
    expect(shows('Build $[[inputs.SB_ID | truncate(0,8)]]')).toBe(true);
    expect(shows('Build $[[ inputs.SB_ID_TWO ]]')).toBe(false);
    expect(shows('Build SB_ID')).toBe(false);
    expect(readCiFile('build: {}')?.nameShows('SB_ID')).toBe(false);
  });

  it('survives aliases that would expand without end', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`)}]`),
    ];

    expect(readCiFile(bomb.join('\n'))).toBeNull();
  });
});
