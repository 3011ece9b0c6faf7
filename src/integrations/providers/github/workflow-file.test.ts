import { describe, expect, it } from 'vitest';
import { readWorkflowFile } from './workflow-file.ts';

describe('readWorkflowFile', () => {
  it('keeps defaults as they are written', () => {
    const file = readWorkflowFile('on: {workflow_dispatch: {inputs: {a: {default: 1.10}, b: {default: 0755}, c: {default: yes}}}}');

    expect(file?.inputs.map((input) => input.default)).toEqual(['1.10', '0755', 'yes']);
  });

  it.each(['on: push', 'on: [push, workflow_dispatch]', 'on:\n  workflow_dispatch:', 'on: {workflow_dispatch: {}}', 'jobs: {}'])(
    'declares no inputs in %j',
    (text) => {
      expect(readWorkflowFile(text)?.inputs).toEqual([]);
    },
  );

  it.each(['a: [1\nb: :', '- a list', 'just text', '', '\0'])('is null for %j', (text) => {
    expect(readWorkflowFile(text)).toBeNull();
  });

  it('reads an input declared by its name alone, and one whose parts are odd', () => {
    const file = readWorkflowFile('on: {workflow_dispatch: {inputs: {a: , b: {required: [x], options: no, type: {}}}}}');

    const bare = { description: null, required: false, type: 'string', default: null, options: [] };
    expect(file?.inputs).toEqual([
      { name: 'a', ...bare },
      { name: 'b', ...bare },
    ]);
  });

  it('tells whether the title of a run shows an input', () => {
    const expression = (inner: string) => ['Build $', `{{ ${inner} }}`].join('');
    const shows = (title: string) => readWorkflowFile(`on: push\nrun-name: "${title}"`)?.titleShows('sb_id');

    expect(shows(expression('inputs.sb_id'))).toBe(true);
    expect(shows(expression('github.event.inputs.sb_id'))).toBe(true);
    expect(shows(expression("inputs['sb_id']"))).toBe(true);
    expect(shows(expression('inputs.sb_id_two'))).toBe(false);
    expect(shows(`${expression('inputs.version')} sb_id`)).toBe(false);
    expect(readWorkflowFile('on: push')?.titleShows('sb_id')).toBe(false);
  });

  it('survives aliases that would expand without end', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`)}]`),
    ];

    expect(readWorkflowFile(bomb.join('\n'))).toBeNull();
  });
});
