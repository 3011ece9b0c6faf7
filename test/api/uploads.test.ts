import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactStoreFullError, piecesOf } from '../../src/platform/artifact-store.ts';
import { forgetArtifacts } from '../../src/services/forget-artifacts.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

const ZIP = Buffer.from('PK\u0003\u0004');
const zip = (content: string) => Buffer.concat([ZIP, Buffer.from(content)]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('uploads', () => {
  let api: ApiHarness;
  let world: ReleaseWorld;
  let releaseId: string;
  let server: Server;
  let major = 10;

  beforeAll(async () => {
    api = await startApi();
    world = await releaseWorld(api);
    server = createAdaptorServer({ fetch: (request, env) => api.app.fetch(request, env) }) as Server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await api.close();
  });
  beforeEach(async () => {
    major += 1;
    const platformTargets = [{ platform: 'ANDROID', target: 'PLAY_STORE', version: `${major}.0.0` }];
    releaseId = (await world.create({ type: 'MAJOR', platformTargets })).id;
  });

  const query = (over: Record<string, string> = {}) =>
    new URLSearchParams({ platform: 'ANDROID', type: 'REGRESSION_BUILD', fileName: 'app.apk', ...over }).toString();
  const send = (body: Uint8Array, over: Record<string, string> = {}, more: { headers?: Record<string, string>; token?: string } = {}) =>
    world.call('POST', `/${releaseId}/uploads?${query(over)}`, {
      ...more,
      body,
      headers: { 'content-type': 'application/octet-stream', ...more.headers },
    });
  const list = async () => (await world.call('GET', `/${releaseId}/uploads`)).body.items;
  const rows = () => api.db.rows('SELECT id FROM uploads WHERE release_id = ?', [releaseId]);
  const files = async () =>
    (await readdir(api.artifactsDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;

  /** Over a connection, as curl would. */
  function begin(headers: Record<string, string | number> = {}) {
    const { port } = server.address() as AddressInfo;
    const sending = httpRequest({
      ...{ host: '127.0.0.1', port, method: 'POST', path: world.path(`/${releaseId}/uploads?${query()}`) },
      headers: { authorization: `Bearer ${world.owner}`, 'content-type': 'application/octet-stream', ...headers },
    });
    const answer = new Promise<number>((resolve, reject) => {
      sending.on('error', reject);
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    return { sending, answer };
  }

  it('are kept with size and digest, and listed with who sent them', async () => {
    const bytes = zip('one');

    const answer = await send(bytes, {}, { headers: { 'x-checksum-sha256': sha256(bytes).toUpperCase() } });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...{ platform: 'ANDROID', type: 'REGRESSION_BUILD', fileName: 'app.apk', sizeBytes: 7, digest: `sha256:${sha256(bytes)}` },
      ...{ state: 'STAGED', buildId: null },
    });
    expect(await list()).toEqual([answer.body]);
  });

  it.each([
    ['x-checksum-sha256', () => sha256(Buffer.from('other'))],
    ['repr-digest', () => `sha-256=:${createHash('sha256').update('other').digest('base64')}:`],
    ['content-length', () => '3'],
  ])('that are not what %s says leave nothing', async (header, value) => {
    const before = await files();

    const answer = await send(zip('one'), {}, { headers: { [header]: value() } });

    expect(answer.status).toBe(422);
    expect([await list(), await rows(), (await files()) - before]).toEqual([[], [], 0]);
  });

  it('are taken with the digest of RFC 9530', async () => {
    const bytes = zip('one');
    const digest = createHash('sha256').update(bytes).digest('base64');

    expect((await send(bytes, {}, { headers: { 'repr-digest': `sha-512=:AAAA:, sha-256=:${digest}:` } })).status).toBe(201);
  });

  it.each<[string, Record<string, string>, Uint8Array, string]>([
    ['a file that does not begin like an archive', {}, Buffer.from('MZ not an app'), '/'],
    ['an empty file', {}, Buffer.alloc(0), '/'],
    ['three bytes', {}, ZIP.subarray(0, 3), '/'],
    ['a file of another platform', { fileName: 'app.ipa' }, zip('x'), '?fileName'],
    ['an apk where Play wants a bundle', { type: 'AAB_BUILD' }, zip('x'), '?fileName'],
    ['a TestFlight build for Android', { type: 'TEST_FLIGHT_BUILD' }, zip('x'), '?type'],
    ['a name that is nothing but its ending', { fileName: '.apk' }, zip('x'), '?fileName'],
    ['a name with a path', { fileName: '../app.apk' }, zip('x'), '?fileName'],
    ['a platform that is none of the release', { platform: 'IOS', fileName: 'app.ipa' }, zip('x'), '?platform'],
  ])('refuse %s, and keep nothing', async (_what, over, bytes, field) => {
    const before = await files();

    const answer = await send(bytes, over);

    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual([field]);
    expect([await rows(), (await files()) - before]).toEqual([[], 0]);
  });

  it('refuse forms and JSON, in which a file would be something else', async () => {
    for (const type of ['multipart/form-data; boundary=x', 'application/json']) {
      expect((await send(zip('x'), {}, { headers: { 'content-type': type } })).status).toBe(415);
    }
    expect(await rows()).toEqual([]);
  });

  it('are the same when the same bytes come again, and the key of a request repeats its answer', async () => {
    const headers = { 'idempotency-key': `upload-${releaseId}` };

    const first = await send(zip('one'), {}, { headers });
    const again = await send(zip('one'));
    const replayed = await send(zip('one'), {}, { headers });

    expect([first.status, again.status, replayed.status]).toEqual([201, 200, 201]);
    expect([again.body, replayed.body]).toEqual([first.body, first.body]);
    expect(await rows()).toHaveLength(1);
  });

  it('supersede older ones of the same platform and type; an older file sent again is the newest', async () => {
    await send(zip('one'));
    await send(zip('two'));
    await send(zip('bundle'), { type: 'AAB_BUILD', fileName: 'app.aab' });
    await send(zip('one'));

    expect((await list()).map(({ sizeBytes, type, state }: Record<string, unknown>) => [sizeBytes, type, state])).toEqual([
      [7, 'REGRESSION_BUILD', 'STAGED'],
      [10, 'AAB_BUILD', 'STAGED'],
      [7, 'REGRESSION_BUILD', 'SUPERSEDED'],
      [7, 'REGRESSION_BUILD', 'SUPERSEDED'],
    ]);
  });

  it('can be taken back until a build has taken them, file and all', async () => {
    const { body: upload } = await send(zip('one'));
    const { body: used } = await send(zip('bundle'), { type: 'AAB_BUILD', fileName: 'app.aab' });
    await api.db.run('UPDATE uploads SET build_id = ? WHERE id = ?', [used.id, used.id]);
    const before = await files();

    const removed = await world.call('DELETE', `/${releaseId}/uploads/${upload.id}`);
    const again = await world.call('DELETE', `/${releaseId}/uploads/${upload.id}`);
    const refused = await world.call('DELETE', `/${releaseId}/uploads/${used.id}`);

    expect([removed.status, again.status, refused.status]).toEqual([204, 404, 409]);
    expect([(await list()).length, (await files()) - before]).toEqual([1, -1]);
  });

  it('are for those who may report builds, of this tenant and a release that has not ended', async () => {
    const viewer = await world.person('viewer');
    const ci = await api.token(world.tenantId, 'ci');
    const stranger = await api.tenant('Globex');

    const statuses = [
      (await send(zip('x'), {}, { token: viewer.token })).status,
      (await send(zip('x'), {}, { token: ci })).status,
      (await send(zip('y'), {}, { token: stranger.token })).status,
      (await send(zip('y'), {}, { token: 'sbx_wrong' })).status,
    ];
    await world.call('POST', `/${releaseId}/archive`, { body: { reason: 'over' } });
    const late = await send(zip('late'));

    expect(statuses).toEqual([403, 201, 404, 401]);
    expect(late.status).toBe(409);
  });

  it('that are too large are refused, said or not, and leave nothing', async () => {
    const limit = api.deps.artifactMaxBytes;
    api.deps.artifactMaxBytes = 100;
    try {
      const before = await files();

      const { sending, answer } = begin({ 'transfer-encoding': 'chunked' });
      sending.write(zip(''));
      sending.end(randomBytes(200));
      const unsaid = await answer;
      const said = begin({ 'content-length': 101 });
      said.sending.flushHeaders();

      expect([unsaid, await said.answer]).toEqual([413, 413]);
      expect([await rows(), (await files()) - before]).toEqual([[], 0]);
    } finally {
      api.deps.artifactMaxBytes = limit;
    }
  });

  it('that break off leave nothing, and can be sent again', async () => {
    const before = await files();
    const { sending, answer } = begin({ 'content-length': 1000 });
    sending.write(zip('the first part'));
    await waitFor(async () => (await rows()).length === 1, { what: 'the upload to arrive' });

    sending.destroy();
    await expect(answer).rejects.toThrow();
    await waitFor(async () => (await rows()).length === 0, { what: 'the rest to be cleared away' });

    expect([await list(), (await files()) - before]).toEqual([[], 0]);
    expect((await send(zip('whole'))).status).toBe(201);
  });

  it('find a store that is full: 507, and nothing is left', async () => {
    const { put } = api.deps.artifacts;
    api.deps.artifacts.put = () => Promise.reject(new ArtifactStoreFullError('full'));
    try {
      expect((await send(zip('x'))).status).toBe(507);
      expect(await rows()).toEqual([]);
    } finally {
      api.deps.artifacts.put = put;
    }
  });

  it('of 100 MB pass through without being in memory', async () => {
    const piece = Buffer.concat([ZIP, randomBytes(1_000_000 - 4)]);
    const before = process.memoryUsage().rss;
    let peak = before;
    const { sending, answer } = begin({ 'content-length': 100_000_000 });

    for (let count = 0; count < 100; count += 1) {
      if (!sending.write(piece)) await once(sending, 'drain');
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    sending.end();

    expect(await answer).toBe(201);
    expect(peak - before).toBeLessThan(60_000_000);
    expect((await list())[0].sizeBytes).toBe(100_000_000);
  });

  it('that the store takes slowly are taken from their sender no faster', async () => {
    const { put } = api.deps.artifacts;
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    api.deps.artifacts.put = (key, body, options) =>
      put(
        key,
        (async function* () {
          for await (const piece of piecesOf(body)) {
            yield piece;
            await gate;
          }
        })(),
        options,
      );
    try {
      const { sending, answer } = begin({ 'transfer-encoding': 'chunked' });
      const piece = Buffer.concat([ZIP, randomBytes(1_000_000)]);
      let sent = 0;
      for (let isTaken = true; isTaken && sent < 100; sent += 1) {
        isTaken = sending.write(piece) || (await Promise.race([once(sending, 'drain').then(() => true), delay(500, false)]));
      }
      goOn();
      sending.end();

      expect(await answer).toBe(201);
      // What the connection holds by itself.
      expect(sent).toBeLessThan(40);
    } finally {
      api.deps.artifacts.put = put;
    }
  });

  it('that a crash left are cleared away, and those that nobody took with the artifacts; others stay', async () => {
    const { body: old } = await send(zip('old'));
    const { body: staged } = await send(zip('bundle'), { type: 'AAB_BUILD', fileName: 'app.aab' });
    const { body: arriving } = await send(zip('arriving'), { type: 'PRE_REGRESSION_BUILD' });
    await api.db.run('UPDATE uploads SET created_at = created_at - INTERVAL 8 DAY WHERE id = ?', [old.id]);
    await api.db.run('UPDATE uploads SET stored_at = NULL, created_at = created_at - INTERVAL 25 HOUR WHERE id = ?', [arriving.id]);
    const before = await files();

    await forgetArtifacts(api.db, api.deps.artifacts, 7);

    expect(await rows()).toEqual([{ id: staged.id }]);
    expect((await files()) - before).toBe(-2);
  });
});
