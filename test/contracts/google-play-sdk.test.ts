import { Readable } from 'node:stream';
import { androidpublisher, auth } from '@googleapis/androidpublisher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { googlePlayAppStore } from '../../src/integrations/providers/google-play/app-store.ts';
import { bundleFile } from '../fakes/google-play/index.ts';
import { APP, type PlaySetup, playSetup } from './google-play-harness.ts';

/** The vendor's own client against the fake: what it does not understand is wrong in the fake, and so in what the adapter learnt from it. */
describe('the client library of Google', () => {
  let setup: PlaySetup;
  beforeEach(async () => {
    setup = await playSetup();
  });
  afterEach(() => setup.fake.close());

  it('publishes to the fake, and the adapter sees what it did', async () => {
    const store = googlePlayAppStore(setup.connection, setup.deps());
    const query = { app: { appId: APP, track: 'production' }, version: '4.2.0', buildNumber: '4200' };
    // Signs in: the library exchanges its assertions with Google alone.
    expect(await store.findRelease(query)).toBeNull();
    const rootUrl = `${setup.fake.origin}/`;
    const client = new auth.OAuth2();
    client.setCredentials({ access_token: setup.account.tokens[0] ?? '' });
    const { edits } = androidpublisher({ version: 'v3', rootUrl, auth: client });

    const { data: edit } = await edits.insert({ packageName: APP });
    const within = { packageName: APP, editId: edit.id ?? '' };
    const media = { mimeType: 'application/octet-stream', body: Readable.from([bundleFile(4200)]) };
    const { data: bundle } = await edits.bundles.upload({ ...within, media }, { rootUrl });
    const { data: track } = await edits.tracks.get({ ...within, track: 'production' });
    const release = { name: '4.2.0', versionCodes: ['4200'], status: 'inProgress', userFraction: 0.2 };
    const releases = [release, ...(track.releases ?? [])];
    const { data: updated } = await edits.tracks.update({ ...within, track: 'production', requestBody: { track: 'production', releases } });
    const { data: committed } = await edits.commit({ ...within, changesInReviewBehavior: 'ERROR_IF_IN_REVIEW' });

    expect(bundle).toMatchObject({ versionCode: 4200, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(updated.releases).toHaveLength(2);
    expect(committed.id).toBe(edit.id);
    expect(await store.findRelease(query)).toMatchObject({ buildNumbers: ['4200'], state: { kind: 'in-review' } });
    await expect(edits.commit(within)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('already been successfully committed'),
    });
  });
});
