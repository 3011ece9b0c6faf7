import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, fillIn, templateProblems } from './template.ts';

const example = {
  release: { displayId: 'REL-7', versions: [{ version: '1.4.0' }] },
  rcTag: 'v1.4.0-rc.2',
  by: 'Ada',
  at: '2026-11-21T09:30:00.000Z',
  waits: false,
  builds: [{ platform: 'IOS', url: 'https://ci.example/1' }],
  reasons: ['FREEZE'],
};
const fill = (template: string, data: object = example, max = 1_000) => fillIn(template, data, max);

describe('a template', () => {
  it('is filled in with values, lists, lists of plain values, and what is or is not there', () => {
    const template = [
      '{{release.displayId}} {{ rcTag }}',
      '{{#builds}}{{platform}} of {{rcTag}}; {{/builds}}',
      '{{#reasons}}[{{.}}]{{/reasons}}',
      '{{#by}}by {{by}}{{/by}}{{^waits}} now{{/waits}}{{! nobody reads this }}',
    ].join('\n');

    expect(templateProblems(template, example)).toEqual([]);
    expect(fill(template)).toBe('REL-7 v1.4.0-rc.2\nIOS of v1.4.0-rc.2; \n[FREEZE]\nby Ada now');
  });

  it('shows nothing for what the notification does not have', () => {
    expect(fill('{{#by}}by {{by}}{{/by}}|{{rcTag}}|{{#builds}}x{{/builds}}{{^builds}}none{{/builds}}', { by: null, builds: [] })).toBe(
      '||none',
    );
  });

  it('shows instants as people read them', () => {
    expect(fill('{{at}}')).toBe('2026-11-21 09:30 UTC');
  });

  it.each([
    ['{{nobody}}', '{{nobody}} is not known here'],
    ['{{#nobody}}x{{/nobody}}', '{{nobody}} is not known here'],
    ['{{#builds}}{{version}}{{/builds}}', '{{version}} is not known here'],
    ['{{platform}}', '{{platform}} is not known here'],
    ['{{^builds}}{{platform}}{{/builds}}', '{{platform}} is not known here'],
    ['{{.}}', '{{.}} is not known here'],
    ['{{#builds}}{{.}}{{/builds}}', '{{.}} is not known here'],
    ['{{builds.length}}', '{{builds.length}} is not known here'],
    ['{{rcTag.length}}', '{{rcTag.length}} is not known here'],
    ['{{builds}}', '{{builds}} is a list: write {{#builds}}…{{/builds}}'],
    ['{{release}}', '{{release}} is a group: name one of displayId, versions'],
    ['{{#each builds}}x{{/each builds}}', '{{each builds}} is not known here: sections are written {{#builds}}…{{/builds}}'],
    ['{{{rcTag}}}', '{{{rcTag}}} and {{&rcTag}}: write {{rcTag}}; nothing is escaped before it is shown'],
    ['{{&rcTag}}', '{{{rcTag}}} and {{&rcTag}}: write {{rcTag}}; nothing is escaped before it is shown'],
    ['{{> header}}', '{{> header}}: there are no partials'],
    ['{{=<% %>=}}<% rcTag %>', 'other delimiters than {{ and }} are not possible'],
    ['{{#builds}}{{#builds}}x{{/builds}}{{/builds}}', '{{#builds}} is a list within a list'],
    ['{{#builds}}{{#reasons}}x{{/reasons}}{{/builds}}', '{{#reasons}} is a list within a list'],
    ['{{#by}}{{#by}}{{#by}}{{#by}}{{#by}}x{{/by}}{{/by}}{{/by}}{{/by}}{{/by}}', '{{#by}}: at most 4 sections within each other'],
  ])('is refused: %s', (template, problem) => {
    expect(templateProblems(template, example)).toEqual([problem]);
  });

  it.each(['{{#builds}}', '{{/builds}}', '{{rcTag', '{{#builds}}{{/by}}', '{{}'])(
    'that cannot be read is refused with where: %s',
    (template) => {
      expect(templateProblems(template, example)).toEqual([expect.stringMatching(/^cannot be read: .*\d|^\{\{/)]);
    },
  );

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'constructor.name', '__proto__.constructor', 'valueOf', 'builds.map'])(
    'cannot reach what objects bring along: %s',
    (name) => {
      for (const template of [`{{${name}}}`, `{{#${name}}}x{{/${name}}}`, `{{#builds}}{{${name}}}{{/builds}}`]) {
        expect(templateProblems(template, example)).toEqual([expect.stringContaining('is not known here')]);
      }
    },
  );

  it('reaches nothing of them even if it were not checked', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'valueOf', 'constructor.name']) {
      expect(fill(`<{{${name}}}{{#${name}}}in{{/${name}}}{{#builds}}{{${name}}}{{/builds}}>`)).toBe('<>');
    }
  });

  it('never reads the text of people as a template, and leaves it as it is for whoever shows it', () => {
    const by = '{{rcTag}} {{#builds}}<b>&"*_`|<!channel>';

    expect(fill('by {{by}}', { ...example, by })).toBe(`by ${by}`);
  });

  it('calls no function that might lie in the data', () => {
    let called = false;
    const trap = () => {
      called = true;
      return 'x';
    };

    expect(fill('<{{by}}{{#by}}y{{/by}}>', { by: trap })).toBe('<>');
    expect(called).toBe(false);
  });

  it('is cut to its length, never within a character, however much there is to say', () => {
    const builds = Array.from({ length: 10_000 }, () => ({ platform: '😀'.repeat(10_000) }));
    const started = performance.now();

    const text = fill('{{#builds}}{{platform}}{{/builds}}', { builds }, 99);

    expect(text.length).toBeLessThanOrEqual(99);
    expect(text.endsWith('…')).toBe(true);
    expect(() => encodeURIComponent(text)).not.toThrow();
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('made to be slow is not', () => {
    const started = performance.now();

    for (const template of ['{{'.repeat(2_000), `{{${' '.repeat(3_990)}`, '{{#by}}'.repeat(500), `{{rcTag${'\n '.repeat(1_900)}}}`]) {
      templateProblems(template, example);
    }

    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('of any kind is either refused or filled in', () => {
    const part = fc.constantFrom(
      ...['{{', '}}', '{{#', '{{/', '{{^', '{{&', '{{{', '}}}', '{{!', '{{>', '{{='],
      ...['builds', 'by', 'rcTag', 'release', '.', ' ', '\n', 'constructor', '__proto__', 'hasOwnProperty'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const template = parts.join('');
        if (templateProblems(template, example).length === 0) expect(typeof fill(template)).toBe('string');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('cut', () => {
  it('keeps what fits and marks what does not', () => {
    expect([cut('abc', 3), cut('abcd', 3), cut('a😀b', 3)]).toEqual(['abc', 'ab…', 'a…']);
  });
});
