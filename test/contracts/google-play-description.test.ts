import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { googlePlayAppStore } from '../../src/integrations/providers/google-play/app-store.ts';
import { googlePlayStagedRollout } from '../../src/integrations/providers/google-play/staged-rollout.ts';
import { googlePlayStoreUpload } from '../../src/integrations/providers/google-play/store-upload.ts';
import { verifyGooglePlay } from '../../src/integrations/providers/google-play/verify.ts';
import { bundleFile } from '../fakes/google-play/index.ts';
import { providerError } from './contract-case.ts';
import { APP, connectionTo, playSetup } from './google-play-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** It knows no refusals, and says 200 of a deletion that answers 204 without a body. */
const isMistaken = (complaint: string) => /^([45]\d\d|204) is not described/.test(complaint);

describe('google-play and the description of its API', () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('play');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits, and every answer of the fake', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const calls = (await callsOfARelease()).filter(({ path }) => path !== '/token');

    for (const call of calls) {
      const type = call.headers['content-type'];
      const headers = { authorization: String(call.headers.authorization), ...(type === undefined ? {} : { 'content-type': type }) };
      await fetch(`${peer.origin}${call.path}?${call.query}`, { method: call.method, headers, ...bodyOf(call.body) });
    }
    const misfits = calls.flatMap(({ method, path, status, answer }) => {
      const wrong = peer?.checkResponse(method, path, status, answer ?? null)?.filter((complaint) => !isMistaken(complaint));
      return wrong && wrong.length > 0 ? [{ call: `${method} ${path} ${status}`, wrong }] : [];
    });

    expect(peer.violations).toEqual([]);
    expect(misfits).toEqual([]);
    expect(
      peer
        .coverage()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([
      'androidpublisher.applications.tracks.releases.list',
      'androidpublisher.edits.bundles.list',
      'androidpublisher.edits.bundles.upload.upload',
      'androidpublisher.edits.commit',
      'androidpublisher.edits.delete',
      'androidpublisher.edits.details.get',
      'androidpublisher.edits.insert',
      'androidpublisher.edits.listings.list',
      'androidpublisher.edits.tracks.get',
      'androidpublisher.edits.tracks.list',
      'androidpublisher.edits.tracks.update',
    ]);
  });
});

function bodyOf(body: unknown): { body?: string } {
  if (body === undefined) return {};
  return { body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** What the adapter asks the fake in the course of releases, with the answers. */
async function callsOfARelease() {
  const { fake, app, account, connection, deps } = await playSetup();
  const store = googlePlayAppStore(connection, deps());
  const rollout = googlePlayStagedRollout(connection, deps());
  const upload = googlePlayStoreUpload(connection, deps());
  const query = { app: { appId: APP, track: 'production' }, version: '4.2.0', buildNumber: '4200' };
  const content = bundleFile(4200);
  const file = {
    ...{ name: 'app.aab', sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
    async *open() {
      yield content;
    },
  };
  const submission = { ...query, notes: { 'en-US': 'New.' }, gradually: { fraction: 0.05 }, updatePriority: 2 };

  expect(await verifyGooglePlay(connectionTo(fake, account.keyFile, { packageName: APP }), deps())).toMatchObject({ ok: true });
  await upload.ensureUploaded({ ...query, file });
  await store.listing(query.app);
  await store.findBuild({ ...query, buildNumber: null, sha256: null, uploadedSince: null });
  await store.ensureSubmitted(submission);
  await providerError(upload.ensureUploaded({ ...query, file: { ...file, sha256: 'f'.repeat(64) } }));
  app.review(4200, 'rejected');
  app.isHeldBack = true;
  await providerError(store.ensureSubmitted({ ...submission, notes: {}, gradually: null }));
  app.isHeldBack = false;
  await store.ensureSubmitted(submission);
  app.review(4200, 'approved');
  await rollout.setFraction(query, 0.2);
  await store.halt(query);
  await store.resume(query);
  await store.complete(query);
  await store.halt(query);
  await store.resume(query);
  await store.findRelease({ ...query, app: { ...query.app, track: 'nowhere' } });
  await store.listing({ ...query.app, appId: 'com.example.nowhere' });
  await fake.close();
  return [...fake.calls];
}
