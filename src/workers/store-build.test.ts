import { beforeEach, describe, expect, it } from 'vitest';
import { frozenConfig, frozenStore } from '../../test/data/release-facts.ts';
import type { FrozenConfig, FrozenStore } from '../domain/release/config.ts';
import type { StoreBuild } from '../integrations/capabilities/app-store.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import type { Build } from '../services/execution/builds/build-service.ts';
import type { TaskContext } from './task-context.ts';
import { createAabBuild } from './tasks/create-aab-build.ts';

const bundle = { key: 'tenant/b1', name: 'app.aab', sizeBytes: 3, sha256: 'ab', entry: null };
const storeBuild = (state: StoreBuild['state']): StoreBuild => ({ id: 'sb', version: '1.4.0', buildNumber: '42', uploadedAt: null, state });

let did: string[];
let ciStatus: Build['status'];
let shown: StoreBuild | null;
let trouble: ProviderError | null;
/** Whether somebody has uploaded the file of the build. */
let uploaded: boolean;
/** Number of the store's build that somebody gave the task. */
let adopted: string | null;
beforeEach(() => {
  did = [];
  ciStatus = 'SUCCEEDED';
  shown = storeBuild({ kind: 'ready' });
  trouble = null;
  uploaded = false;
  adopted = null;
});

function contextOf(stores: readonly FrozenStore[], changes: Partial<FrozenConfig> = {}): TaskContext {
  const say = <T>(what: string, answer: T) => {
    did.push(what);
    return Promise.resolve(answer);
  };
  const look = (what: string) => (trouble === null ? say(what, shown) : Promise.reject(trouble));
  const platform = { id: 'P', platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' };
  const build = { id: 'b1', platform: 'ANDROID', status: ciStatus, providerState: null, integrationId: 'ci', handle: '7', url: null };
  const context = {
    task: { id: 'T', tenantId: 'tenant', input: { cycle: 1 }, output: null },
    release: {
      ...{ id: 'R', tenantId: 'tenant', branch: 'release/1.4.0', releaseTag: 'v1.4.0', platforms: [platform], cycles: [] },
      config: frozenConfig({ stores: [...stores], ...changes }),
    },
    services: {
      builds: {
        renewRetried: async () => undefined,
        follow: async () => ({ ...build, artifactName: 'app.aab', artifactUrl: null }),
        refused: () => say('another build is needed', undefined),
      },
      uploads: {
        adopt: async () => (uploaded ? { ...build, status: 'SUCCEEDED', artifactName: 'app.aab', artifactUrl: null } : null),
        remind: (_release: unknown, _task: unknown, missing: string[]) => say(`remind of ${missing}`, 5_000),
      },
      storeBuilds: {
        bundle: () => say('read the artifact', bundle),
        ensureThere: () => look('look in the store'),
        find: (_store: unknown, { buildNumber }: { buildNumber: string | null }) => look(`look for ${buildNumber ?? 'the version'}`),
        adopted: async () => adopted,
      },
    },
    intent: (effect: string) => say(`intend ${effect}`, undefined),
    pollMs: 60_000,
  };
  // The handler reads no more of its context than this.
  return context as unknown as TaskContext;
}

describe('a store build', () => {
  it('ends with the CI where the release goes to no store', async () => {
    expect(await createAabBuild.run(contextOf([]))).toMatchObject({ kind: 'completed' });
    expect(did).toEqual([]);
  });

  it('ends when the store is ready to release it, and says which it is', async () => {
    const outcome = await createAabBuild.run(contextOf([frozenStore('PLAY_STORE')]));

    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { builds: [{ id: 'b1' }], bundle, storeBuild: { id: 'sb', buildNumber: '42', state: 'ready' } },
    });
    expect(did).toEqual(['read the artifact', 'look in the store']);
  });

  it.each(['CI', 'SIGNALBOX'] as const)('that somebody adopted is looked for by its number, uploaded by %s or not', async (uploadBy) => {
    adopted = '42';

    const outcome = await createAabBuild.run(contextOf([frozenStore('PLAY_STORE', { uploadBy })]));

    expect(outcome).toMatchObject({ kind: 'completed', output: { storeBuild: { buildNumber: '42' } } });
    expect(did).toEqual(['look for 42']);
  });

  it('is not looked for before the CI is done', async () => {
    ciStatus = 'RUNNING';

    expect(await createAabBuild.run(contextOf([frozenStore('PLAY_STORE')]))).toMatchObject({ kind: 'waiting' });
    expect(did).toEqual([]);
  });

  it('that is ours to upload is written down before it is', async () => {
    await createAabBuild.run(contextOf([frozenStore('PLAY_STORE', { uploadBy: 'SIGNALBOX' })]));

    expect(did).toEqual(['read the artifact', 'intend upload:ab', 'look in the store']);
  });

  it.each<[string, StoreBuild | null]>([
    ['does not show it', null],
    ['prepares it', storeBuild({ kind: 'processing' })],
    ['shows a state that nobody mapped', storeBuild({ kind: 'unknown', raw: 'FROBBED' })],
  ])('is waited for while the store %s, to be hurried by the store', async (_what, build) => {
    shown = build;

    expect(await createAabBuild.run(contextOf([frozenStore('PLAY_STORE')]))).toMatchObject({
      ...{ kind: 'waiting', reason: 'CALLBACK', forMs: 60_000 },
      output: { bundle },
      signals: [
        { integrationId: 'connection-PLAY_STORE', key: 'store-app:com.example.shop' },
        { integrationId: 'connection-PLAY_STORE', key: 'store' },
      ],
    });
  });

  it.each<[StoreBuild['state'], string]>([
    [{ kind: 'refused', reason: 'the signature is wrong' }, 'the signature is wrong'],
    [{ kind: 'expired' }, 'expired'],
  ])('that the store does not take fails, and a retry makes another: %o', async (state, words) => {
    shown = storeBuild(state);

    const outcome = await createAabBuild.run(contextOf([frozenStore('PLAY_STORE')]));

    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'conflict', message: expect.stringContaining(words) } });
    expect(did.at(-1)).toBe('another build is needed');
  });

  it('keeps others off its app meanwhile', () => {
    const { release, task } = contextOf([frozenStore('PLAY_STORE'), frozenStore('APP_STORE')]);

    expect(createAabBuild.locks?.(release, task)).toEqual(['store/google-play/com.example.shop']);
  });
});

describe('a store build by hand', () => {
  const manual = (stores = [frozenStore('PLAY_STORE')]) => contextOf(stores, { buildMode: 'MANUAL', ciConfigId: null });

  it('is waited for until its people upload it, who are reminded, where there is no store to look into', async () => {
    expect(await createAabBuild.run(manual([]))).toMatchObject({
      ...{ kind: 'waiting', reason: 'MANUAL_BUILD', forMs: 5_000 },
      output: { missing: ['ANDROID'], builds: [] },
    });
    expect(did).toEqual(['remind of ANDROID']);

    uploaded = true;
    expect(await createAabBuild.run(manual([]))).toMatchObject({ kind: 'completed', output: { missing: [], builds: [{ id: 'b1' }] } });
    expect(did).toHaveLength(1);
  });

  it('goes on to the store from the file that was uploaded, where that is ours to do', async () => {
    uploaded = true;

    const outcome = await createAabBuild.run(manual([frozenStore('PLAY_STORE', { uploadBy: 'SIGNALBOX' })]));

    expect(outcome).toMatchObject({ kind: 'completed', output: { builds: [{ id: 'b1' }], bundle, storeBuild: { buildNumber: '42' } } });
    expect(did).toEqual(['read the artifact', 'intend upload:ab', 'look in the store']);
  });

  it('that somebody brought to the store by hand is found there, and nobody is reminded', async () => {
    const outcome = await createAabBuild.run(manual([frozenStore('PLAY_STORE', { uploadBy: 'SIGNALBOX' })]));

    expect(outcome).toMatchObject({ kind: 'completed', output: { storeBuild: { buildNumber: '42' } } });
    expect(did).toEqual(['look for the version']);
  });

  it('ends when the store has the version ready', async () => {
    expect(await createAabBuild.run(manual())).toMatchObject({ kind: 'completed', output: { storeBuild: { buildNumber: '42' } } });
  });

  it.each<[string, StoreBuild | null]>([
    ['has none', null],
    ['does not take what it has', storeBuild({ kind: 'refused', reason: 'no' })],
  ])('goes on waiting for people while the store %s', async (_what, build) => {
    shown = build;

    expect(await createAabBuild.run(manual())).toMatchObject({ kind: 'waiting', reason: 'MANUAL_BUILD', forMs: 60_000 });
  });

  it('goes on waiting through an outage of the store, and shows it', async () => {
    trouble = new ProviderError('unavailable', 'the store is away', { provider: 'google-play' });

    expect(await createAabBuild.run(manual())).toMatchObject({
      ...{ kind: 'waiting', reason: 'MANUAL_BUILD' },
      output: { trouble: 'the store is away' },
    });
  });

  it('asks for a person where only one can help', async () => {
    trouble = new ProviderError('forbidden', 'it may not', { provider: 'google-play' });

    await expect(createAabBuild.run(manual())).rejects.toBe(trouble);
  });
});
