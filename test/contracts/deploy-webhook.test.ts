import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeployTarget, Place, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import type { Exchange } from '../../src/integrations/kit/exchange.ts';
import { guardFetch } from '../../src/integrations/kit/http.ts';
import { signedHeaders } from '../../src/integrations/kit/standard-webhooks.ts';
import { webhookDeployTarget } from '../../src/integrations/providers/deploy-webhook/deploy-target.ts';
import { type DeployWebhookConnection, settingsSchema } from '../../src/integrations/providers/deploy-webhook/identity.ts';
import { deployWebhook } from '../../src/integrations/providers/deploy-webhook/index.ts';
import { deployWebhookSource } from '../../src/integrations/providers/deploy-webhook/webhook.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createDeployReceiverFake, type DeployReceiverFake } from '../fakes/deploy-webhook/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { type DeployTargetHarness, deployTargetContract } from './deploy-target.contract.ts';
import { programIn } from './kubernetes-harness.ts';
import { type WebhookHarness, type WebhookSample, webhookSourceContract } from './webhook-source.contract.ts';

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const settings = settingsSchema.parse({ sideBySide: true, maxReplicas: 3 });
const connectionTo = ({ baseUrl }: { baseUrl: string }, signingSecret = secret): DeployWebhookConnection => ({
  ...{ id: 'c1', baseUrl, credentials: { signingSecret: new Secret(signingSecret) }, settings },
});

async function targetHarness(): Promise<DeployTargetHarness> {
  const fake = await createDeployReceiverFake({ secret });
  return {
    connect: () => withImages(webhookDeployTarget(connectionTo(fake), guardedDeps('deploy-webhook', [])), fake),
    place: (side) => ({ name: 'hello', side, config: { pool: 'a' } }),
    wrong: [],
    close: fake.close,
  };
}

/** Takes archives as whoever builds images does: puts them into the registry under their own digest, and names that image. */
function withImages(target: DeployTarget, { images }: DeployReceiverFake): DeployTarget {
  return {
    ...target,
    async ensure(workload) {
      const bytes = Buffer.from(await new Response((await workload.open()).body).arrayBuffer());
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const program = programIn(bytes);
      images.set(digest, program.kind === 'runs' ? { version: program.version } : { exitCode: 3 });
      const source = { kind: 'image' as const, reference: `registry.example.test/hello@${digest}` };
      return target.ensure({ ...workload, revision: { ...workload.revision, source } });
    },
  };
}

deployTargetContract('deploy-webhook', targetHarness, {
  skip: [
    { reason: 'commands do not run beside a workload there', tests: ['runs commands beside what runs, with its variables'] },
    {
      reason: 'the processes are the receiver’s, and so are their command lines',
      tests: ['hands variables to the process as they are, and shows them on no command line'],
    },
  ],
});

const now = new Date('2026-11-21T12:00:00Z');

async function sourceHarness(): Promise<WebhookHarness> {
  return {
    subject: deployWebhookSource(() => now),
    secret,
    deliver({ event, payload }: WebhookSample, id) {
      const body = JSON.stringify({ type: event, ...(payload as object) });
      return { headers: signedHeaders(new Secret(secret), { id, at: now, body }), rawBody: Buffer.from(body) };
    },
    hints: [{ name: 'a place changed', sample: { event: 'changed', payload: { place: 'shop-1' } }, keys: ['place:shop-1'] }],
    ignored: { event: 'hello', payload: {} },
    close: async () => undefined,
  };
}

webhookSourceContract('deploy-webhook', sourceHarness);

describe('deploy webhook', () => {
  let fake: DeployReceiverFake;
  let target: DeployTarget;
  beforeEach(async () => {
    fake = await createDeployReceiverFake({ secret });
    target = webhookDeployTarget(connectionTo(fake), guardedDeps('deploy-webhook', []));
    fake.images.set(digest, { version: '1' });
  });
  afterEach(() => fake.close());

  const digest = `sha256:${'1'.repeat(64)}`;
  const place: Place = { name: 'hello', side: 'blue', config: { pool: 'a' } };
  const workload = (changes: Partial<Workload> = {}): Workload => ({
    ...{ place, configVersion: 'c1', variables: new Map([['GREETING', 'hunter2-value']]), replicas: 1 },
    revision: {
      artifactId: 'a',
      version: '1.0',
      digest,
      commit: 'c'.repeat(40),
      source: { kind: 'image', reference: `registry.test/x@${digest}` },
    },
    open: () => Promise.reject(new Error('an image has no files')),
    ...changes,
  });

  it('asks in the words of its README', async () => {
    await target.ensure(workload());
    await target.ensureAbsent(place, { graceMs: 1_500 });

    const [ensured, ended] = fake.calls.map(({ body }) => body);
    expect(ensured).toEqual({
      ...{ type: 'deploy', operation: 'ensure', place, idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ...{ revision: workload().revision, configVersion: 'c1', replicas: 1, variables: { GREETING: 'hunter2-value' } },
    });
    expect(ended).toEqual({
      ...{ type: 'deploy', operation: 'ensure-absent', place, graceMs: 1_500, idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('gives one wish one key, another wish another, and each call an id of its own', async () => {
    for (const configVersion of ['c1', 'c1', 'c2', 'c1']) await target.ensure(workload({ configVersion }));

    const keys = fake.calls.map(({ body }) => (body as { idempotencyKey: string }).idempotencyKey);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[3]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(new Set(fake.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
    expect((await target.observe(place)).configVersion).toBe('c1');
  });

  it('what is taken up is on its way until the receiver says otherwise', async () => {
    fake.isSlow = true;

    expect(await target.ensure(workload())).toMatchObject({ state: { kind: 'progressing' }, digest, configVersion: 'c1' });
    expect((await target.observe(place)).state).toEqual({ kind: 'absent' });
    await fake.catchUp();
    expect((await target.observe(place)).state).toEqual({ kind: 'ready' });
    expect(await target.ensureAbsent(place, { graceMs: 1_000 })).toMatchObject({ state: { kind: 'progressing' }, digest: null });
    await fake.catchUp();
    await waitFor(async () => (await target.observe(place)).state.kind === 'absent', { what: 'the end' });
  });

  it('records nothing of variables', async () => {
    const exchanges: Exchange[] = [];
    const door = {
      provider: 'deploy-webhook',
      signal: new AbortController().signal,
      observe: () => undefined,
      admit: async () => undefined,
    };
    const fetch = guardFetch({ ...door, fetch: globalThis.fetch, timeoutMs: 5_000, record: (each) => void exchanges.push(each) });

    await webhookDeployTarget(connectionTo(fake), { ...guardedDeps('deploy-webhook', []), fetch }).ensure(workload());

    expect(exchanges).toHaveLength(1);
    expect(JSON.stringify(exchanges)).not.toContain('hunter2');
  });

  it.each([
    ['a state that nobody knows', { state: { kind: 'warming' }, digest, configVersion: 'c1' }],
    ['ready without all replicas', { state: { kind: 'ready' }, digest, configVersion: 'c1', replicas: { wanted: 2, ready: 1 } }],
    ['ready with no replica at all', { state: { kind: 'ready' }, digest, configVersion: 'c1', replicas: { wanted: 0, ready: 0 } }],
    ['ready and not what', { state: { kind: 'ready' }, digest: null, configVersion: null }],
    ['absent, and what runs', { state: { kind: 'absent' }, digest, configVersion: 'c1' }],
  ])('takes %s for unknown', async (_what, says) => {
    fake.says = says;

    expect((await target.observe(place)).state).toEqual({ kind: 'unknown', raw: expect.any(String) });
  });

  it('takes an answer without a state, or with addresses that are none, for malformed', async () => {
    for (const says of [{}, { state: { kind: 'ready' }, digest, configVersion: 'c1', addresses: ['http://x/'] }]) {
      fake.says = says;

      expect((await providerError(target.observe(place))).kind).toBe('malformed');
    }
  });

  it.each([
    ['an archive', { revision: { ...workload().revision, source: { kind: 'kept' as const, key: 'k', sizeBytes: 1 } } }],
    ['too many replicas', { replicas: 4 }],
  ])('refuses %s that it was not said to run, and asks nobody', async (_what, changes) => {
    expect((await providerError(target.ensure(workload(changes)))).kind).toBe('invalid');
    expect(fake.calls).toEqual([]);
  });

  it('tells a refusal in the words of the receiver, without the secret', async () => {
    const error = await providerError(
      webhookDeployTarget(connectionTo(fake, otherSecret), guardedDeps('deploy-webhook', [])).observe(place),
    );
    expect(error.kind).toBe('unauthorized');
    expectNoSecret(error, [otherSecret]);
    fake.failNext({ status: 409, body: { message: `the pool is being drained ${secret}` } });

    const refused = await providerError(target.ensure(workload()));

    expect(refused).toMatchObject({ kind: 'conflict', message: expect.stringContaining('the pool is being drained') });
    expectNoSecret(refused, [secret]);
  });

  const otherSecret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

  it('verifies by a ping', async () => {
    const verify = (connection: DeployWebhookConnection) =>
      deployWebhook.verify(connection, guardedDeps('deploy-webhook', []), 'deployment');

    expect(await verify(connectionTo(fake))).toMatchObject({ ok: true });
    expect(await verify(connectionTo(fake, otherSecret))).toMatchObject({ ok: false });
  });
});
