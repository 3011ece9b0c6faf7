import { generateKeyPairSync } from 'node:crypto';
import { ulid } from 'ulid';
import { type AscApp, type AscFake, ascKey, createAscFake } from '../fakes/app-store-connect/index.ts';
import { createGooglePlayFake, type FakeApp, type GooglePlayFake } from '../fakes/google-play/index.ts';
import { type Answer, type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

/** The API with both stores; tenants that release to them. */
export interface StoresWorld {
  api: ApiHarness;
  play: GooglePlayFake;
  apple: AscFake;
  playApp: FakeApp;
  appleApp: AscApp;
  /** What must never come to light. */
  secrets: string[];
  /** Forms of connections, as people fill them in. */
  forms: Record<'play' | 'apple', Record<string, unknown>>;
  tenant(): Promise<StoresTenant>;
  close(): Promise<void>;
}

export interface StoresTenant extends ReleaseWorld {
  /** Of the tenant, not of its releases. */
  at(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** Ids of connections and store configs. */
  stores: { play: string; apple: string; playConfig: string; appleConfig: string };
  /** A release to both stores, as it is while its rollouts go on. */
  toStores(over?: Record<string, unknown>): Promise<StoresRelease>;
}

export interface StoresRelease {
  id: string;
  displayId: string;
  /** Below the releases of the tenant. */
  path: string;
  /** A submission and its task. */
  submission(over?: Row): Promise<{ id: string; taskId: string }>;
  /** A rollout and its task. */
  rollout(over?: Row): Promise<{ id: string; taskId: string }>;
}

type Row = Record<string, string | number | null>;

export const PLAY_APP = 'com.acme.app';
export const APPLE_APP = 'com.acme.ios';

const playKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const appleKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

export async function openStores(): Promise<StoresWorld> {
  const credentials = { issuerId: '57246542-96fe-1a63-e053-0824d011072a', keyId: '2X9R4HXF34', privateKey: appleKey };
  const [api, play, apple] = await Promise.all([startApi(), createGooglePlayFake(), createAscFake({ keys: [ascKey(credentials)] })]);
  const account = play.addAccount('releases@acme.iam.gserviceaccount.com', playKey);
  const playApp = play.addApp({ packageName: PLAY_APP, title: 'Acme' });
  const appleApp = apple.world.addApp({ bundleId: APPLE_APP, name: 'Acme for iOS' });
  apple.world.addVersion(appleApp, '1.3.0', { state: 'READY_FOR_DISTRIBUTION', locales: ['en-US', 'de-DE'] });
  const forms = {
    play: { provider: 'google-play', displayName: 'Play', baseUrl: play.origin, credentials: { serviceAccount: account.keyFile } },
    apple: { provider: 'app-store-connect', displayName: 'Apple', baseUrl: apple.origin, credentials },
  };
  const world = { api, play, apple, playApp, appleApp, forms };
  return {
    ...world,
    secrets: [playKey, appleKey].map((pem) => pem.split('\n')[1] ?? ''),
    tenant: () => openTenant(world),
    close: async () => void (await Promise.all([api.close(), play.close(), apple.close()])),
  };
}

async function openTenant({ api, forms }: Pick<StoresWorld, 'api' | 'forms'>): Promise<StoresTenant> {
  const world = await releaseWorld(api);
  const at: StoresTenant['at'] = (method, path, body, token = world.owner) =>
    api.request(method, `/api/v1/tenants/${world.tenantId}/${path}`, { token, body });
  const made = async (path: string, body: unknown): Promise<string> => {
    const answer = await at('POST', path, body);
    if (answer.status !== 201) throw new Error(`${path} was not made: ${answer.text}`);
    return answer.body.id;
  };
  const [play, apple] = await Promise.all([
    made('integrations/store?verify=false', forms.play),
    made('integrations/store?verify=false', forms.apple),
  ]);
  const playConfig = await made('store-configs', { name: 'Play', integrationId: play, target: 'PLAY_STORE', appId: PLAY_APP });
  const appleConfig = await made('store-configs', { name: 'Apple', integrationId: apple, target: 'APP_STORE', appId: APPLE_APP });
  const stores = { play, apple, playConfig, appleConfig };
  const configId = await world.config({
    platformTargets: [
      { platform: 'ANDROID', target: 'PLAY_STORE' },
      { platform: 'IOS', target: 'APP_STORE' },
    ],
    ciConfigId: null,
    buildMode: 'MANUAL',
    stores: [
      { target: 'PLAY_STORE', storeConfigId: playConfig, rolloutPlan: staged },
      { target: 'APP_STORE', storeConfigId: appleConfig, rolloutPlan: { kind: 'phased' } },
    ],
  });
  let major = 0;
  return {
    ...world,
    ...{ at, stores },
    async toStores(over = {}) {
      major += 1;
      const release = await world.create({
        ...{ releaseConfigId: configId, type: 'MAJOR', kickOffDate: minutes(-1) },
        platformTargets: [
          { platform: 'ANDROID', target: 'PLAY_STORE', version: `${major}.0.0` },
          { platform: 'IOS', target: 'APP_STORE', version: `${major}.0.0` },
        ],
        ...over,
      });
      return releaseOf(api, world.tenantId, release);
    },
  };
}

const staged = { kind: 'staged' as const, steps: [1, 10, 100].map((percent) => ({ percent, waitMinutes: 60 })) };

function releaseOf(api: ApiHarness, tenantId: string, { id, displayId }: { id: string; displayId: string }): StoresRelease {
  const platformOf = async (target: string) => {
    const [row] = await api.db.rows<{ id: string }>('SELECT id FROM platform_releases WHERE release_id = ? AND target = ?', [id, target]);
    return row?.id ?? '';
  };
  /** As its handler leaves one that waits. */
  async function waitingTask(type: string, target: string): Promise<string> {
    const taskId = ulid();
    await api.db.run(
      `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, wait_reason, max_attempts, deadline_ms,
         on_deadline, run_at)
       SELECT ?, r.tenant_id, r.id, s.id, s.attempt, ?, ?, 'distribution', 'WAITING', 'CALLBACK', 5, 1000, 'fail', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR
       FROM runs r JOIN stages s ON s.run_id = r.id AND s.stage_key = 'KICKOFF' WHERE r.subject_id = ?`,
      [taskId, `${type}/${target}/${taskId}`, type, id],
    );
    return taskId;
  }
  async function insert(table: string, row: Row): Promise<void> {
    const columns = Object.keys(row);
    await api.db.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (?)`, [Object.values(row)]);
  }
  return {
    ...{ id, displayId, path: `/${id}` },
    async submission(over = {}) {
      const target = String(over.target ?? 'PLAY_STORE');
      const taskId = await waitingTask(target === 'APP_STORE' ? 'SUBMIT_TO_APP_STORE' : 'SUBMIT_TO_PLAY_STORE', target);
      const row = {
        id: ulid(),
        tenant_id: tenantId,
        release_id: id,
        platform_release_id: await platformOf(target),
        target,
        task_id: taskId,
      };
      const defaults = { ordinal: 1, build_number: '140', status: 'IN_REVIEW', notes: '{}', submitted_at: '2026-11-21 11:00:00.000' };
      await insert('store_submissions', { ...row, ...defaults, ...over });
      return { id: row.id, taskId };
    },
    async rollout(over = {}) {
      const target = String(over.target ?? 'PLAY_STORE');
      const taskId = await waitingTask('ROLL_OUT', target);
      const row = {
        id: ulid(),
        tenant_id: tenantId,
        release_id: id,
        platform_release_id: await platformOf(target),
        target,
        task_id: taskId,
      };
      const reached = { step: 1, step_reached_at: '2026-11-21 11:00:00.000', fraction: 0.01 };
      await insert('rollouts', { ...row, plan: JSON.stringify(staged), status: 'PROGRESSING', ...reached, ...over });
      return { id: row.id, taskId };
    },
  };
}
