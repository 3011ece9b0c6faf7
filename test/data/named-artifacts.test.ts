import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArtifactStore, createDirectoryStore } from '../../src/platform/artifact-store.ts';
import { createKeyring } from '../../src/platform/crypto.ts';
import { Secret } from '../../src/platform/secret.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { createArtifactKeeper } from '../../src/services/execution/builds/artifact-keeper.ts';
import { type BuildRequest, createBuildService } from '../../src/services/execution/builds/build-service.ts';
import { createNamedArtifacts } from '../../src/services/execution/builds/named-artifacts.ts';
import { artifactSourceContext } from '../../src/services/releases/builds/name-artifact.ts';
import { testDatabases } from '../support/databases.ts';
import { Ci } from './ci.ts';
import { type EngineWorld, openEngineWorld } from './engine-world.ts';

const FILE = Buffer.from('the app');
const SHA = createHash('sha256').update(FILE).digest('hex');
const URL_OF_FILE = 'https://files.example/app.apk?signature=secret';

describe.each(testDatabases())('artifacts that CI names on $name', (server) => {
  let world: EngineWorld;
  let directory: string;
  let store: ArtifactStore;
  let ci: Ci;
  let request: BuildRequest;
  /** What is asked for, and what comes. */
  let asked: string[];
  let answer: () => Response | Promise<Response>;
  const keyring = createKeyring(new Secret(`test:${randomBytes(32).toString('base64')}`));

  beforeAll(async () => {
    world = await openEngineWorld(server);
    directory = await mkdtemp(join(tmpdir(), 'signalbox-named-'));
    store = createDirectoryStore(directory);
  });
  afterAll(async () => {
    await world?.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    ci = new Ci();
    asked = [];
    answer = () => new Response(FILE);
    request = {
      ...{ tenantId: ulid(), releaseId: ulid(), taskId: ulid(), stageKey: 'REGRESSION', cycleId: null, ciConfigId: ulid() },
      ...{ platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', ref: 'v1', version: '1.0.0', jobParameters: {}, needsArtifact: true },
    };
  });

  function look() {
    const named = createNamedArtifacts({
      ...{ db: world.db, store, keyring, maxBytes: 100, idleMs: 1_000 },
      download: async (url) => {
        asked.push(String(url));
        return answer();
      },
    });
    const keeper = createArtifactKeeper(store, ci.service(), { maxBytes: 100 });
    const builds = createBuildService(world.db, ci.service(), keeper, null, named);
    const attempt = { signal: new AbortController().signal, assertOurs: () => undefined };
    return inAttempt(attempt, () => builds.follow(request));
  }
  async function name(over: { sha256?: string; sizeBytes?: number | null } = {}) {
    const [build] = await world.db.rows<{ id: string }>('SELECT id FROM builds WHERE task_id = ?', [request.taskId]);
    const id = build?.id ?? '';
    await world.db.run(
      `UPDATE builds SET artifact_source = ?, artifact_source_shown = 'https://files.example/app.apk', artifact_source_sha256 = ?,
         artifact_source_size = ?, artifact_source_failure = NULL WHERE id = ?`,
      [
        keyring.seal(URL_OF_FILE, artifactSourceContext({ tenantId: request.tenantId, id })),
        over.sha256 ?? SHA,
        over.sizeBytes ?? null,
        id,
      ],
    );
  }
  const row = async () =>
    (
      await world.db.rows<{ status: string; digest: string | null; name: string | null; failure: unknown }>(
        `SELECT status, artifact_digest AS digest, artifact_name AS name, JSON_UNQUOTE(JSON_EXTRACT(artifact_source_failure, '$.message')) AS failure
         FROM builds WHERE task_id = ?`,
        [request.taskId],
      )
    )[0];

  it.each([
    ['before', ['artifact', 'success']],
    ['after', ['success', 'artifact']],
  ])('are fetched and kept when they are named %s the success, instead of what the CI has', async (_when, order) => {
    ci.artifact = () => {
      throw new Error('nobody needs it');
    };
    ci.hasArtifact = false;
    await look();
    const seen: string[] = [];
    for (const step of order) {
      if (step === 'artifact') {
        await name();
        ci.hasArtifact = true;
      } else ci.runs.set('1', { kind: 'succeeded' });
      seen.push((await look()).status);
    }

    expect(seen).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(await row()).toMatchObject({ digest: `sha256:${SHA}`, name: 'app.apk', failure: null });
    expect(asked).toEqual([URL_OF_FILE]);
  });

  it('count when they are named while that of the CI is copied, which is not kept then', async () => {
    await look();
    ci.runs.set('1', { kind: 'succeeded' });
    ci.artifact = () =>
      new ReadableStream({
        async start(controller) {
          await name();
          controller.enqueue(Buffer.from('another file'));
          controller.close();
        },
      });

    const during = (await look()).status;
    const between = await row();
    const after = (await look()).status;

    expect([during, after]).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(between).toMatchObject({ digest: null });
    expect(await row()).toMatchObject({ digest: `sha256:${SHA}`, name: 'app.apk' });
  });

  it.each([
    ['another checksum', { sha256: 'ab'.repeat(32) }],
    ['another size', { sizeBytes: 3 }],
  ])('with %s are not kept, say what came, and are not fetched again before they are named again', async (_what, over) => {
    await look();
    ci.runs.set('1', { kind: 'succeeded' });
    await name(over);

    const statuses = [(await look()).status, (await look()).status];
    const wrong = await row();
    await name();
    statuses.push((await look()).status);

    expect(statuses).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(wrong).toMatchObject({ digest: null, failure: expect.stringContaining(SHA) });
    expect(String(wrong?.failure)).not.toContain('secret');
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['is away', () => new Response('', { status: 503 })],
    ['breaks off', () => Promise.reject(new TypeError('fetch failed'))],
  ])('whose server %s show it and are fetched at the next look', async (_what, trouble) => {
    await look();
    ci.runs.set('1', { kind: 'succeeded' });
    await name();
    answer = trouble;

    const early = (await look()).status;
    const failed = await row();
    answer = () => new Response(FILE);
    const late = (await look()).status;

    expect([early, late]).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(failed?.failure).toEqual(expect.any(String));
    expect((await row())?.failure).toBeNull();
  });

  it('that are too large are refused', async () => {
    await look();
    await name();
    answer = () => new Response(Buffer.alloc(101));

    await look();

    expect((await row())?.failure).toContain('ARTIFACT_MAX_MB');
  });
});
