import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { historyOf } from './repository-world.ts';

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

  it('is downloaded from any byte on, unless it has changed since', async () => {
    const path = `/${releaseId}/builds/${buildId}/artifact`;
    const etag = (await world.call('GET', path)).headers.get('etag') ?? '';

    const part = await world.call('GET', path, { headers: { range: 'bytes=1-3', 'if-range': etag } });
    const changed = await world.call('GET', path, { headers: { range: 'bytes=1-3', 'if-range': '"other"' } });
    const beyond = await world.call('GET', path, { headers: { range: 'bytes=5-' } });
    const head = await world.call('HEAD', path);

    expect([part.status, part.text, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([
      ...[206, 'yte', 'bytes 1-3/5', '3'],
    ]);
    expect([changed.status, changed.text]).toEqual([200, 'bytes']);
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */5']);
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '5']);
  });

  describe('by a link', () => {
    const link = (body: unknown = { expiresInMinutes: 10 }, id = buildId, token = world.owner) =>
      world.call('POST', `/${releaseId}/builds/${id}/artifact-link`, { body, token });
    const pathOf = (url: string) => new URL(url).pathname;

    it('is downloaded without a login, and the history says that somebody may', async () => {
      const { status, body } = await link();
      const history = await historyOf(world, releaseId, 'artifactLink');

      const answer = await api.request('GET', pathOf(body.url));
      const part = await api.request('GET', pathOf(body.url), { headers: { range: 'bytes=-2' } });

      expect(status).toBe(201);
      expect([answer.status, answer.text, part.status, part.text]).toEqual([200, 'bytes', 206, 'es']);
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(history[0]?.items[0]).toMatchObject({ after: body.expiresAt, entityId: buildId });
    });

    it('leaves no trace in the log by which somebody else could download it', async () => {
      const { body } = await link();
      const path = pathOf(body.url);

      await api.request('GET', path);

      expect(api.logged()).toContain('/artifacts/:token');
      expect(api.logged()).not.toContain(path.split('/').at(-1));
    });

    it('is found until it ends, and never through a link that was altered or made with another key', async () => {
      const { body } = await link();
      const path = pathOf(body.url);
      const sealed = (content: object, context = 'artifact-link') =>
        `/artifacts/${api.deps.keyring.seal(JSON.stringify({ tenantId: world.tenantId, buildId, ...content }), context)}`;
      const inAMinute = Date.now() + 60_000;
      const altered = `${path.slice(0, -10)}${path.at(-10) === 'A' ? 'B' : 'A'}${path.slice(-9)}`;
      const strange = createKeyring(new Secret(`test:${Buffer.alloc(32, 1).toString('base64')}`));
      const foreign = `/artifacts/${strange.seal(JSON.stringify({ tenantId: world.tenantId, buildId, until: inAMinute }), 'artifact-link')}`;

      const paths = [
        sealed({ until: inAMinute }),
        sealed({ until: Date.now() - 1000 }),
        sealed({ until: inAMinute, tenantId: ulid() }),
        sealed({ until: inAMinute }, 'queue-board-session'),
        ...[altered, foreign, '/artifacts/nonsense'],
      ];
      const statuses = await Promise.all(paths.map(async (each) => (await api.request('GET', each)).status));

      expect(statuses).toEqual([200, 404, 404, 404, 404, 404, 404]);
    });

    it('is gone with the artifact', async () => {
      const id = await build();
      const { body } = await link({ expiresInMinutes: 10 }, id);
      await api.db.run('UPDATE builds SET artifact_key = NULL WHERE id = ?', [id]);

      const again = await link({ expiresInMinutes: 10 }, id);

      expect((await api.request('GET', pathOf(body.url))).status).toBe(404);
      expect(again.status).toBe(409);
    });

    it('is offered for a day at most, by those who may report builds, of builds of this release', async () => {
      const viewer = await world.person('viewer');
      const stranger = await api.tenant('Initech');

      const statuses = [
        (await link({ expiresInMinutes: 1440 })).status,
        (await link({ expiresInMinutes: 1441 })).status,
        (await link({ expiresInMinutes: 0 })).status,
        (await link(undefined, buildId, viewer.token)).status,
        (await link(undefined, buildId, stranger.token)).status,
        (await link(undefined, ulid())).status,
      ];

      expect(statuses).toEqual([201, 422, 422, 403, 404, 404]);
    });
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
