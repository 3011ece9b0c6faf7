import { defineConfig } from 'vitest/config';

// In CI one stall of a shared machine must not fail a build of nine thousand tests; `npm test` names, last, each test that needed its second try.
const retry = process.env.CI ? 1 : 0;

const realProcesses = {
  globalSetup: ['test/e2e/build.ts'],
  testTimeout: 180_000,
  hookTimeout: 120_000,
  isolate: false,
  retry,
  sequence: { groupOrder: 3 },
};

/**
 * `unit`, `contracts`, `data` and `e2e` run two files at a time; those of `system` keep two cores busy, or measure, so they take turns. Files share their
 * modules, which hold no state: importing everything anew for each took longer than many of the tests.
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
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
          isolate: false,
          retry,
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
          retry,
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
          retry,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: { ...realProcesses, name: 'e2e', include: ['test/e2e/*.test.ts'], exclude: ['test/e2e/deploy-demo.test.ts'], maxWorkers: 2 },
      },
      {
        test: {
          ...realProcesses,
          name: 'system',
          include: ['test/chaos/*.test.ts', 'test/e2e/scenarios/*.test.ts', 'test/e2e/deploy-demo.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
