import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configVariables } from '../../src/platform/config.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { queueNames } from '../../src/platform/queues.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const adrs = readdirSync(`${root}/docs/adr`).sort();
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  'docs/stores.md',
  'docs/chat.md',
  'docs/deployments.md',
  'docs/operations.md',
  ...adrs.map((name) => `docs/adr/${name}`),
];

describe('the README', () => {
  const readme = read('README.md');

  it('has every configuration variable with its default and its meaning, and no other', () => {
    const expected = configVariables.map(({ name, default: fallback, meaning }) => {
      const shown = fallback === null ? 'required' : fallback === '' ? 'unset' : `\`${fallback}\``;
      return `| \`${name}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
    });

    const rows = readme.split('\n').filter((line) => /^\| `[A-Z0-9_]+` \| /.test(line));

    expect(rows).toEqual(expected);
  });

  it('names every queue and every metric of ours', async () => {
    const { body } = await createMetrics().render();
    const metrics = [...body.matchAll(/^# TYPE (signalbox_\w+) /gm)].map(([, name]) => name ?? '');

    const unnamed = [...metrics, ...queueNames].filter((name) => !readme.includes(name));

    expect(metrics.length).toBeGreaterThan(0);
    expect(unnamed).toEqual([]);
  });

  it('stays short', () => {
    expect(readme.split('\n').length).toBeLessThan(350);
  });
});

describe.each(documents)('%s', (path) => {
  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

    const named = [...read(path).matchAll(/npm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? '');

    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('names environment variables that exist', () => {
    const known = new Set([...configVariables.map(({ name }) => name), ...elsewhere]);

    const named = [...read(path).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');

    expect(
      named.filter((name) => /_(URL|PORT|MS|KEYS|PREFIX|SIZE|LEVEL|DAYS|ALLOW|PROXY|CALLS|MINUTE)$/.test(name) && !known.has(name)),
    ).toEqual([]);
  });
});

/** Of the scripts and tests, not of the processes. */
const elsewhere = ['TEST_DATABASE_URL', 'TEST_REDIS_URL', 'TEST_MYSQL_URL', 'SANDBOX_URL', 'SIGNALBOX_URL'];

describe('decisions', () => {
  it('are numbered from 1 without a gap', () => {
    expect(adrs.map((name) => Number(name.slice(0, 4)))).toEqual(adrs.map((_, index) => index + 1));
  });

  it.each(adrs)('%s has context, decision, consequences that name what is bad, and alternatives', (name) => {
    const text = read(`docs/adr/${name}`);

    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

    expect(text).toMatch(new RegExp(`^# ${name.slice(0, 4)} `));
    expect(headings).toEqual(['Context', 'Decision', 'Consequences', 'Alternatives']);
    expect(text).toMatch(/^- Bad, because /m);
  });
});
