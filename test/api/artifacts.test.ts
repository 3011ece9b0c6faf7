import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

describe('the artifact of a build', () => {
  let api: ApiHarness;
  let world: ReleaseWorld;
  let releaseId: string;
  let buildId: string;
  const NAME = 'shop "größe" 1.0.apk';

  beforeAll(async () => {
    api = await startApi();
    world = await releaseWorld(api);
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: '3.0.0' }], type: 'MAJOR' });
    releaseId = release.id;
    buildId = await build();
  });
  afterAll(() => api.close());

  /** A build whose artifact is kept. */
  async function build(): Promise<string> {
    const id = ulid();
    const key = `${world.tenantId}/${id}`;
    await api.deps.artifacts.put(key, new Blob(['bytes']).stream(), { maxBytes: 100 });
    await api.db.run(
      `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status,
         artifact_name, artifact_size, artifact_digest, artifact_key, artifact_kept_at) VALUES (?)`,
      [
        [
          ...[id, world.tenantId, ulid(), 'WEB', 1, 'REGRESSION_BUILD', 'CI', 'main', '3.0.0', id, 'SUCCEEDED'],
          ...[NAME, 5, 'sha256:abc', key, new Date()],
        ],
      ],
    );
    await api.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key) VALUES (?)', [
      [releaseId, id, world.tenantId, 'REGRESSION'],
    ]);
    return id;
  }

  it('is listed as kept and downloaded whole, under its own name', async () => {
    const listed = await world.call('GET', `/${releaseId}/builds`);
    const answer = await world.call('GET', `/${releaseId}/builds/${buildId}/artifact`);

    expect(listed.body.items[0].artifact).toMatchObject({ name: NAME, size: 5, digest: 'sha256:abc', kept: true });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('bytes');
    expect(answer.headers.get('content-length')).toBe('5');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="shop__gr__e__1.0.apk"; filename*=UTF-8''${encodeURIComponent(NAME)}`,
    );
  });

  it('is not found once it was removed', async () => {
    const id = await build();
    await api.deps.artifacts.remove(`${world.tenantId}/${id}`);

    const answer = await world.call('GET', `/${releaseId}/builds/${id}/artifact`);

    expect(answer.status).toBe(404);
  });

  it('is not found for another tenant, another release, an unknown build, or without a token', async () => {
    const stranger = await api.tenant('Globex');
    const other = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: '4.0.0' }], type: 'MAJOR' });
    const path = `/${releaseId}/builds/${buildId}/artifact`;

    const statuses = [
      (await world.call('GET', path, { token: stranger.token })).status,
      (await world.call('GET', `/${other.id}/builds/${buildId}/artifact`)).status,
      (await world.call('GET', `/${releaseId}/builds/${ulid()}/artifact`)).status,
      (await world.call('GET', `/${releaseId}/builds/..%2f..%2fetc/artifact`)).status,
      (await world.call('GET', path, { token: 'sbx_wrong' })).status,
    ];

    expect(statuses).toEqual([404, 404, 404, 404, 401]);
  });
});
