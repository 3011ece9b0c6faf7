import { defineConfig } from 'vitest/config';

/**
 * `unit`, `contracts` and `data` run in parallel; `system` starts real processes and would measure its neighbours, so its files take turns. Files
 * of `contracts` and `data` share their modules, which hold no state: importing the whole server anew for each took longer than the tests.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'sandbox/**/*.test.ts',
            'test/{property,fakes,support,sandbox,docs}/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'contracts',
          include: ['test/contracts/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'data',
          include: ['test/{api,data}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: '100%',
          isolate: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{e2e,chaos}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          // Real processes on a shared machine: one stall must not fail a build. A test that passed only the second time is reported as such.
          retry: process.env.CI ? 1 : 0,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
