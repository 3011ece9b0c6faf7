import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ascAppCatalogue } from '../../src/integrations/providers/app-store-connect/app-catalogue.ts';
import { ascAppStore } from '../../src/integrations/providers/app-store-connect/app-store.ts';
import { ascSubmissionWithdrawal } from '../../src/integrations/providers/app-store-connect/submission-withdrawal.ts';
import { verifyAsc } from '../../src/integrations/providers/app-store-connect/verify.ts';
import { all } from './adapter-harness.ts';
import { ascSetup, connectionTo } from './app-store-connect-harness.ts';
import { providerError } from './contract-case.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** Apple sends `null` where its description says string or object: what is null counts as left out. */
const withoutNulls = (answer: unknown): unknown => {
  const text = JSON.stringify(answer, (_key, value: unknown) => (value === null ? undefined : value));
  return text === undefined ? undefined : JSON.parse(text);
};

describe("app store connect against the vendor's description", () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('asc');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits, and every answer of the fake', async ({ skip }) => {
    if (!peer) return skip('the API descriptions are not available here');
    const calls = await callsOfARelease();

    for (const call of calls) {
      const headers = { authorization: String(call.headers.authorization), 'content-type': String(call.headers['content-type'] ?? '') };
      const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
      // The description has no cursor: it is known from the links of the answers.
      const query = new URLSearchParams([...call.query].filter(([name]) => name !== 'cursor'));
      await fetch(`${peer.origin}${call.path}?${query}`, { method: call.method, headers, ...body });
    }
    const misfits = calls.flatMap(({ method, path, status, answer }) => {
      const wrong = peer?.checkResponse(method, path, status, withoutNulls(answer));
      return wrong ? [{ call: `${method} ${path} ${status}`, wrong }] : [];
    });

    // Each kind of call that the client can make.
    expect(new Set(calls.map(({ method, path }) => `${method} ${path.replaceAll(/[0-9a-f-]{10,}/g, ':id')}`)).size).toBe(18);
    expect(peer.violations).toEqual([]);
    expect(misfits).toEqual([]);
  });
});

/** What the adapters ask the fake in the course of a release, with the answers. */
async function callsOfARelease() {
  const { fake, app, connection, deps } = await ascSetup();
  const { world } = fake;
  try {
    const store = () => ascAppStore(connection, deps());
    const query = { app: { appId: app.bundleId, track: '' }, version: '4.2.0', buildNumber: '42' };
    const notes = { 'en-US': 'New.', 'de-DE': 'Neu.', ja: '新機能' };
    const submission = { ...query, notes, gradually: { fraction: 0.01 }, updatePriority: null };
    const version = () => world.versionsOf(app).at(-1) ?? world.addVersion(app, '0');
    for (let index = 0; index < 7; index += 1) world.addVersion(world.addApp({ bundleId: `com.example.n${index}` }), '1.0');
    for (const number of ['42', '43']) world.addBuild(app, { version: '4.2.0', number });

    expect(await verifyAsc(connection, deps())).toMatchObject({ ok: true });
    await all(ascAppCatalogue(connection, deps()).apps());
    await store().listing(query.app);
    await store().findBuild({ ...query, sha256: null, uploadedSince: null });
    await providerError(store().ensureSubmitted({ ...submission, notes: { fr: 'x' } }));
    version().releaseType = 'AFTER_APPROVAL';
    await store().ensureSubmitted({ ...submission, gradually: null });
    await ascSubmissionWithdrawal(connection, deps()).withdraw(query);
    await store().ensureSubmitted(submission);
    world.reject(version());
    await store().ensureSubmitted({ ...submission, buildNumber: '43', gradually: null });
    world.reject(version());
    await store().ensureSubmitted({ ...submission, buildNumber: '43' });
    await providerError(store().halt(query));
    world.approve(version());
    await store().ensureReleased(query);
    world.distribute();
    await store().halt(query);
    await store().resume(query);
    await store().complete(query);
    await providerError(ascAppStore(connectionTo(fake.origin, { keyId: 'ABCDEFGHIJ' }), deps()).listing(query.app));
    fake.failNext({ mode: 'pass' });
    return [...fake.calls];
  } finally {
    await fake.close();
  }
}
