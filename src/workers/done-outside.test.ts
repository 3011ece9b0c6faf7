import { describe, expect, it } from 'vitest';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { rolloutDone, submissionDone, testRunsDone, ticketsDone } from './done-outside.ts';
import type { DoneContext } from './task-context.ts';
import { createReleaseTag } from './tasks/create-release-tag.ts';

const platform = { id: 'P', platform: 'IOS', target: 'APP_STORE', version: '1.4.0', ticketKey: null, testRunId: null };

/** As much of a context as is looked at. */
function contextOf(over: { said?: Record<string, unknown>; services?: Record<string, unknown>; platform?: object }): DoneContext {
  const kept: unknown[] = [];
  const keep = async (...what: unknown[]) => void kept.push(what);
  return {
    kept,
    task: { id: 'T', type: 'X', input: { target: 'APP_STORE', cycle: 1 } },
    said: over.said ?? {},
    release: {
      ...{ id: 'R', tenantId: 'N', branch: 'release/1.4.0', baseBranch: 'main' },
      config: {
        projectManagementConfigId: 'PM',
        testManagementConfigId: 'TM',
        tagPattern: 'v{version}',
        stores: [{ target: 'APP_STORE' }],
      },
      platforms: [{ ...platform, ...over.platform }],
      cycles: [{ id: 'C', number: 1, status: 'DONE', rcTag: 'v1.4.0-rc.1', rcCommit: 'c0ffee' }],
    },
    services: { records: { ticketCreated: keep, testRunCreated: keep, releaseTagged: keep }, ...over.services },
  } as unknown as DoneContext & { kept: unknown[] };
}
const keptOf = (context: DoneContext) => (context as DoneContext & { kept: unknown[] }).kept;

const tracker = { standing: async ({ ticketKey }: { ticketKey: string }) => ({ key: ticketKey, url: `https://t/${ticketKey}` }) };
const gone = (what: string) => async () => {
  throw new ProviderError('not-found', what, { provider: 'jira' });
};

describe('tickets that somebody opened', () => {
  it('are those the person names for each platform, and the release has them then', async () => {
    const context = contextOf({ said: { tickets: [{ platform: 'IOS', key: 'APP-7' }] }, services: { tickets: tracker } });

    const finding = await ticketsDone(context);
    if (finding.done) await finding.keep();

    expect(finding).toMatchObject({ done: true, output: { tickets: [{ platform: 'IOS', key: 'APP-7', url: 'https://t/APP-7' }] } });
    expect(keptOf(context)).toEqual([
      [
        { tenantId: 'N', id: 'P' },
        { ticketKey: 'APP-7', url: 'https://t/APP-7' },
      ],
    ]);
  });

  it('are not there while none is named for a platform, or the one that is named does not exist', async () => {
    const unnamed = await ticketsDone(
      contextOf({ said: { tickets: [{ platform: 'ANDROID', key: 'APP-7' }] }, services: { tickets: tracker } }),
    );
    const services = { tickets: { standing: gone('The ticket APP-9 does not exist.') } };
    const missing = await ticketsDone(contextOf({ platform: { ticketKey: 'APP-9' }, services }));

    expect(unnamed).toMatchObject({ done: false, found: expect.stringContaining('for IOS') });
    expect(missing).toEqual({ done: false, found: 'there is no ticket APP-9.' });
  });

  it('are unknown when it is the connection that is gone', async () => {
    const services = { tickets: { standing: gone('There is no active connection.') } };

    await expect(ticketsDone(contextOf({ platform: { ticketKey: 'APP-9' }, services }))).rejects.toThrow('no active connection');
  });
});

describe('test runs that somebody made', () => {
  it('are looked up by what the person names', async () => {
    const testRuns = { testRun: async ({ runId }: { runId: string }) => (runId === '7' ? { id: '7', url: 'https://c/7' } : null) };
    const context = contextOf({ said: { testRuns: [{ platform: 'IOS', runId: 7 }] }, services: { testRuns } });

    const finding = await testRunsDone(context);
    const missing = await testRunsDone(contextOf({ platform: { testRunId: '8' }, services: { testRuns } }));
    if (finding.done) await finding.keep();

    expect(finding).toMatchObject({ done: true, output: { testRuns: [{ platform: 'IOS', runId: '7', url: 'https://c/7' }] } });
    expect(keptOf(context)).toEqual([
      [
        { tenantId: 'N', id: 'P' },
        { runId: '7', url: 'https://c/7' },
      ],
    ]);
    expect(missing).toEqual({ done: false, found: 'there is no test run 8.' });
  });
});

describe('a store release that somebody drove', () => {
  const storeAt = (kind: string | null) => {
    const appStore = { findRelease: async () => (kind === null ? null : { state: { kind }, url: null }) };
    return { stores: { open: async () => ({ appStore, app: { appId: 'a', track: 't' } }) } };
  };

  it.each([
    ['in-review', true, false],
    ['rolling-out', true, false],
    ['live', true, true],
    ['superseded', true, true],
    ['draft', false, false],
    ['rejected', false, false],
    ['unknown', false, false],
    [null, false, false],
  ])('shown as %s is submitted: %s, out: %s', async (kind, submitted, out) => {
    const context = contextOf({ services: storeAt(kind) });

    expect((await submissionDone(context)).done).toBe(submitted);
    expect((await rolloutDone(context)).done).toBe(out);
  });
});

describe('a release tag that somebody set', () => {
  const verify = (commit: string | null) =>
    createReleaseTag.verifyDone?.(contextOf({ services: { scm: { tagCommit: async () => commit } } }));

  it('stands only on the commit of the candidate that was approved', async () => {
    expect(await verify('c0ffee')).toMatchObject({ done: true, output: { tag: 'v1.4.0', commit: 'c0ffee' } });
    expect(await verify('bad')).toMatchObject({ done: false, found: expect.stringContaining('is at bad') });
    expect(await verify(null)).toMatchObject({ done: false, found: 'there is no tag v1.4.0.' });
  });
});
