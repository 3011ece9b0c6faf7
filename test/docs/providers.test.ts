import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractRuns } from '../../scripts/lib/contract-runs.ts';
import {
  capabilities,
  declares,
  limitsOf,
  providersDocument,
  providersPage,
  readContractRuns,
  runsOf,
} from '../../scripts/print-providers.ts';
import { providers } from '../../src/integrations/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const all = capabilities();
const runs = readContractRuns();
const declared = Object.values(providers).flatMap((provider) =>
  all.filter((capability) => declares(provider, capability)).map((capability) => [provider.id, capability.member, capability] as const),
);

describe('providers', () => {
  it('are registered under the names of their folders, every folder, each under its own id', () => {
    const folders = readdirSync(`${root}/src/integrations/providers`).sort();

    const registered = Object.entries(providers);

    expect(registered.map(([key]) => key).sort()).toEqual(folders);
    expect(registered.filter(([key, { id }]) => key !== id)).toEqual([]);
  });

  it.each(Object.keys(providers))('%s says how it is set up', (id) => {
    expect(existsSync(`${root}/src/integrations/providers/${id}/README.md`)).toBe(true);
  });

  it.each(declared)('%s passes the contract of %s', (id, _member, capability) => {
    const provider = providers[id];

    expect(provider && runsOf(runs, provider, capability)).not.toEqual([]);
  });

  it('with webhooks say how a person sets them up', () => {
    const silent = Object.values(providers).filter(({ webhook, webhookInstructions }) => webhook && !webhookInstructions);

    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it('stand in docs/providers.md as `npm run docs:providers` prints it', () => {
    expect(readFileSync(providersPage, 'utf8')).toBe(providersDocument());
  });
});

describe('what the page is printed from', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contracts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const runsOfText = (text: string) => {
    writeFileSync(`${folder}/one.test.ts`, text);
    return contractRuns(folder);
  };

  it('is every capability of the manifest, each with operations', () => {
    expect(all.map(({ member }) => member)).toEqual(expect.arrayContaining(['sourceControl', 'ci', 'messaging', 'webhook']));
    expect(all.filter(({ operations }) => operations.length === 0)).toEqual([]);
    expect(all.find(({ member }) => member === 'ci')?.operations).toContain('openArtifact');
  });

  it('is each run of a suite with its edition and its skips, from literals and constants', () => {
    const found = runsOfText(`
      const slow = { reason: 'it is ' + 'slow', tests: ['is fast'] };
      const common = [slow] as const;
      ciContract('acme cloud', harness);
      ciContract('acme server', () => harness('server'), { skip: [...common, { reason: 'old', tests: ['a', 'b'] }] });
      describe('others', () => { ciContract('hidden', harness); });
    `);

    expect(found).toEqual([
      { suite: 'ciContract', provider: 'acme', edition: 'cloud', skips: [] },
      {
        ...{ suite: 'ciContract', provider: 'acme', edition: 'server' },
        skips: [
          { reason: 'it is slow', tests: ['is fast'] },
          { reason: 'old', tests: ['a', 'b'] },
        ],
      },
    ]);
  });

  it('is refused where a skip cannot be read, naming the file', () => {
    const text = "ciContract('acme', harness, { skip: [{ reason: why(), tests: ['a'] }] });";

    expect(() => runsOfText(text)).toThrow(/one\.test\.ts: .*text is expected/);
  });

  it('is the first sentence of each limit a README states', () => {
    const readme = '# Acme\n\n## Limits\n\n- Five calls a second,\n  e.g. few. It waits then.\n- No hooks\n\n## Quirks\n\n- Odd.\n';

    expect(limitsOf(readme)).toEqual(['Five calls a second, e.g. few.', 'No hooks']);
    expect(limitsOf('# Acme\n')).toEqual([]);
  });
});
