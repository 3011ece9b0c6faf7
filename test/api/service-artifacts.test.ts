import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, type RequestOptions, startApi } from './harness.ts';

let api: ApiHarness;
let tenant: { tenantId: string; token: string; accountId: string };
let appId: string;
let serviceId: string;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.tenant();
  appId = (await call('POST', 'apps', { name: 'shop' })).body.id;
  serviceId = (await call('POST', 'services', { appId, name: 'api', kind: 'backend' })).body.id;
});
afterAll(() => api?.close());

const call = (method: string, path: string, body?: unknown, options: RequestOptions = {}) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, {
    token: tenant.token,
    ...(body === undefined ? {} : { body }),
    ...options,
  });

const sha = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const commit = 'c'.repeat(40);

function archive(path: string, text: string): Buffer {
  const body = Buffer.from(text);
  const block = Buffer.alloc(512);
  new Header({ path, size: body.length, type: 'File', mode: 0o644, mtime: new Date(0) }).encode(block);
  return gzipSync(Buffer.concat([block, body, Buffer.alloc(((512 - (body.length % 512)) % 512) + 1024)]));
}

const send = (bytes: Buffer, query: string, digest = sha(bytes), token = tenant.token) =>
  call('POST', `services/${serviceId}/artifacts/files?${query}`, bytes, {
    token,
    headers: { 'content-type': 'application/octet-stream', 'x-checksum-sha256': digest },
  });
const image = (version: string, changes: object = {}) =>
  call('POST', `services/${serviceId}/artifacts/images`, {
    version,
    reference: `registry.example.com/api@sha256:${sha(version)}`,
    ...changes,
  });
const kept = async () =>
  (await readdir(api.artifactsDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;

describe('artifacts of a service', () => {
  it('are files known by their digest, with the migrations they hold; the same bytes are the same artifact', async () => {
    const bytes = archive('migrations/0001.sql', '-- signalbox: expand\nSELECT 1;\n');
    const ci = await api.token(tenant.tenantId, 'ci');
    const first = await send(bytes, `version=1.0.0&commit=${commit}`, sha(bytes), ci);
    const before = await kept();
    const again = await send(bytes, `version=1.0.0&commit=${commit}`);
    const otherWords = await send(bytes, 'version=1.0.1');

    expect(first.status, first.text).toBe(201);
    expect(first.body).toMatchObject({
      ...{ serviceId, version: '1.0.0', digest: `sha256:${sha(bytes)}`, commit, source: { kind: 'kept', sizeBytes: bytes.length } },
      migrations: [{ name: '0001.sql', class: 'expand', checksum: sha('-- signalbox: expand\nSELECT 1;\n') }],
    });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    expect(otherWords.status).toBe(409);
    expect(await kept()).toBe(before);
  });

  it('that are not what was said, or are no archive, leave nothing behind', async () => {
    const before = await kept();
    const wrong = await send(archive('a', 'b'), 'version=2.0.0', sha('something else'));
    const none = await send(Buffer.from('no archive'), 'version=2.0.0');
    const unsaid = await call('POST', `services/${serviceId}/artifacts/files?version=2.0.0`, archive('a', 'b'), {
      headers: { 'content-type': 'application/octet-stream' },
    });

    expect([wrong, none, unsaid].map(({ status, body }) => [status, body.errors[0].field])).toEqual([
      [422, 'header:x-checksum-sha256'],
      [422, '/'],
      [422, 'header:x-checksum-sha256'],
    ]);
    expect(await kept()).toBe(before);
  });

  it('are container images by digest', async () => {
    const created = await image('3.0.0', {
      migrations: [
        { name: 'b.sql', class: 'contract', sql: 'x' },
        { name: 'a.sql', class: 'expand', sql: 'y' },
      ],
    });
    const tagged = await call('POST', `services/${serviceId}/artifacts/images`, {
      version: '3.0.1',
      reference: 'registry.example.com/api:latest',
    });

    expect(created.body).toMatchObject({ version: '3.0.0', digest: `sha256:${sha('3.0.0')}` });
    expect(created.body.migrations.map(({ name }: { name: string }) => name)).toEqual(['a.sql', 'b.sql']);
    expect([tagged.status, tagged.body.errors[0].field]).toEqual([422, '/reference']);
    expect((await call('GET', `services/${serviceId}/artifacts?limit=1`)).body.items).toMatchObject([{ version: '3.0.0' }]);
  });
});

describe('a service release', () => {
  it('names artifacts that go together, and may change until it is sealed', async () => {
    const [one, two] = [(await image('4.0.0')).body.id, (await image('4.0.1')).body.id];
    const created = await call('POST', 'service-releases', { appId, version: '4', items: [{ serviceId, artifactId: one }] });
    const changed = await call('PUT', `service-releases/${created.body.id}/items`, { items: [{ serviceId, artifactId: two }] });
    await api.db.run('UPDATE service_releases SET sealed_hash = ?, sealed_at = UTC_TIMESTAMP(3) WHERE id = ?', [
      'a'.repeat(64),
      created.body.id,
    ]);
    const sealed = await call('PUT', `service-releases/${created.body.id}/items`, { items: [{ serviceId, artifactId: one }] });

    expect(created.body).toMatchObject({ version: '4', sealedAt: null, items: [{ service: 'api', artifactId: one, version: '4.0.0' }] });
    expect(changed.body.items).toMatchObject([{ artifactId: two }]);
    expect([sealed.status, sealed.body.detail]).toEqual([409, '4 was deployed and is sealed: make another release.']);
    expect((await call('GET', `service-releases?appId=${appId}`)).body.items[0].items).toMatchObject([{ artifactId: two }]);
  });

  it('takes each service once, and artifacts of its own services only', async () => {
    const other = (await call('POST', 'services', { appId, name: 'web', kind: 'web' })).body.id;
    const artifactId = (await image('5.0.0')).body.id;
    const answer = await call('POST', 'service-releases', {
      ...{ appId, version: '5' },
      items: [
        { serviceId, artifactId },
        { serviceId, artifactId },
        { serviceId: other, artifactId },
      ],
    });

    expect(answer.body.errors).toEqual([
      { field: '/items/1/serviceId', message: 'stands there twice' },
      { field: '/items/2/artifactId', message: 'is no artifact of this service of the app' },
    ]);
  });
});
