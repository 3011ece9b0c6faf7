import { describe, expect } from 'vitest';
import type { AppCatalogue, CatalogueApp } from '../../src/integrations/capabilities/app-catalogue.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, all, contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';

export interface AppCatalogueWorld {
  /** What `apps` is due to say, in any order. */
  apps(): CatalogueApp[];
  /** So many more that the connection sees. */
  addApps(count: number): void;
  /** Of one page as the adapter gets them. */
  pageSize: number;
  endpoints: { apps: CallMatch };
}

export type AppCatalogueHarness = AdapterHarness<AppCatalogue, AppCatalogueWorld>;

export function appCatalogueContract(
  name: string,
  makeHarness: () => Promise<AppCatalogueHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the app-catalogue contract`, () => {
    const tests = contractTests(makeHarness, options.skip);

    tests.test('apps come with what store configs name and with their names, over three pages, once each', async ({ connect, world }) => {
      world.addApps(world.pageSize * 2 + 1);

      const apps = await all(connect().apps());

      expect(apps.length).toBeGreaterThan(world.pageSize * 2);
      expect(apps).toHaveLength(world.apps().length);
      expect(apps).toEqual(expect.arrayContaining(world.apps()));
    });

    tests.test('a failure on a later page is an error, not the end', async ({ connect, world }) => {
      world.addApps(world.pageSize * 2);
      world.failNext({ match: world.endpoints.apps, mode: 'pass' });
      world.failNext({ match: world.endpoints.apps, status: 503 });

      await expect(all(connect().apps())).rejects.toMatchObject({ kind: 'unavailable' });
    });

    faultTests<AppCatalogue, AppCatalogueWorld, AppCatalogueHarness>(tests, {
      reads: [{ name: 'apps', match: ({ world }) => world.endpoints.apps, call: (subject) => all(subject.apps()) }],
      writes: [],
    });
    tests.end();
  });
}
