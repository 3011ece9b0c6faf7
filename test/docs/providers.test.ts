import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Provider } from '../../src/integrations/kit/define-provider.ts';
import { providers } from '../../src/integrations/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

/** Member of the manifest → the contract suite that its adapter must pass. */
const suites = {
  sourceControl: 'sourceControlContract',
  ci: 'ciContract',
  issueTracker: 'issueTrackerContract',
  testManagement: 'testManagementContract',
  messaging: 'messagingContract',
  webhook: 'webhookSourceContract',
} as const satisfies Partial<Record<keyof Provider, string>>;

const names: Record<keyof typeof suites, string> = {
  sourceControl: 'source control',
  ci: 'CI',
  issueTracker: 'issue tracker',
  testManagement: 'test management',
  messaging: 'messaging',
  webhook: 'webhook',
};

const members = Object.keys(suites) as (keyof typeof suites)[];
const capabilitiesOf = (provider: Provider) => members.filter((member) => provider[member] !== undefined);

describe('providers', () => {
  it('are registered under the names of their folders, every folder, each under its own id', () => {
    const folders = readdirSync(`${root}/src/integrations/providers`).sort();

    const registered = Object.entries(providers);

    expect(registered.map(([key]) => key).sort()).toEqual(folders);
    expect(registered.filter(([key, { id }]) => key !== id)).toEqual([]);
  });

  it.each(Object.values(providers).map((provider) => [provider.id, provider] as const))('%s says how it is set up', (id) => {
    expect(existsSync(`${root}/src/integrations/providers/${id}/README.md`)).toBe(true);
  });

  it.each(Object.values(providers).flatMap((provider) => capabilitiesOf(provider).map((member) => [provider.id, member] as const)))(
    '%s passes the contract of %s',
    (id, member) => {
      const files = readdirSync(`${root}/test/contracts`).filter((name) => name.startsWith(id) && name.endsWith('.test.ts'));

      // A contract may be run per edition of a provider: `jira cloud`, `jira server`.
      const calls = files.flatMap((name) => [...read(`test/contracts/${name}`).matchAll(/^(\w+Contract)\(\s*'([\w-]+)[ \w-]*'/gm)]);

      expect(calls.map(([, suite, name]) => `${suite} ${name}`)).toContain(`${suites[member]} ${id}`);
    },
  );

  it('stand in docs/providers.md as their manifests say', () => {
    const rows = Object.values(providers).map((provider) => {
      const capabilities = capabilitiesOf(provider).filter((member) => member !== 'webhook');
      const link = `[${provider.displayName}](../src/integrations/providers/${provider.id}/README.md)`;
      const categories = provider.categories.map((category) => `\`${category}\``).join(', ');
      return `| ${link} | ${categories} | ${capabilities.map((member) => names[member]).join(', ')} | ${provider.webhook ? 'yes' : 'no'} |`;
    });

    const table = read('docs/providers.md')
      .split('\n')
      .filter((line) => line.startsWith('| ['));

    expect(table).toEqual(rows);
  });
});
