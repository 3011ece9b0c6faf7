import { describe, expect, it } from 'vitest';
import { frozenStore } from '../../../../test/data/release-facts.ts';
import type { AppStore } from '../../../integrations/capabilities/app-store.ts';
import type { Connector } from '../../connections/connect.ts';
import { inAttempt } from '../attempt-scope.ts';
import { createStoreService } from './store-service.ts';

const opened: unknown[] = [];

function connectorOf(provider: object): Connector {
  const connector = {
    open: async (...asked: unknown[]) => {
      opened.push(asked.slice(0, 3));
      return { provider: { id: 'memory', displayName: 'Memory', ...provider }, connection: {}, deps: {} };
    },
  };
  // The service calls nothing else.
  return connector as unknown as Connector;
}

const open = (provider: object) =>
  inAttempt({ signal: new AbortController().signal, assertOurs: () => undefined }, () =>
    createStoreService(connectorOf(provider)).open('tenant', frozenStore('PLAY_STORE')),
  );

describe('the store of a release', () => {
  it('is the app on its track of the very connection that the release froze', async () => {
    // Passed on, never called.
    const appStore = {} as AppStore;

    const store = await open({ appStore: () => appStore });

    expect(opened.at(-1)).toEqual(['store', 'tenant', 'connection-PLAY_STORE']);
    expect(store).toEqual({
      ...{ appStore, app: { appId: 'com.example.shop', track: 'production' } },
      ...{ stagedRollout: null, upload: null, withdrawal: null, displayName: 'Memory' },
    });
  });

  it('has what else its provider declares', async () => {
    const [stagedRollout, upload, withdrawal] = [{ is: 'rollout' }, { is: 'upload' }, { is: 'withdrawal' }];
    const has = { stagedRollout: () => stagedRollout, storeUpload: () => upload, submissionWithdrawal: () => withdrawal };

    const store = await open({ appStore: () => ({}), ...has });

    expect([store.stagedRollout, store.upload, store.withdrawal]).toEqual([stagedRollout, upload, withdrawal]);
  });

  it('is none where the provider is no store', async () => {
    await expect(open({})).rejects.toMatchObject({ kind: 'invalid', message: 'Memory is no store.' });
  });
});
