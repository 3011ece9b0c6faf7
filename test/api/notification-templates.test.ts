import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { messageTypes } from '../../src/domain/notifications/message-types.ts';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld } from './messages-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  world = await messagesWorld(api, slack);
});

const call = (method: string, path: string, body?: unknown, token?: string) =>
  world.tenant(method, `notification-templates${path}`, body, token);
const put = (type: string, body: object, token?: string) => call('PUT', `/${type}`, body, token);

describe('notification templates', () => {
  it('show every type with our words, its placeholders with examples, and no words of the tenant', async () => {
    const { items } = (await call('GET', '')).body;

    expect(items.map(({ type }: { type: string }) => type)).toEqual([...messageTypes].sort());
    expect(items.filter(({ override }: { override: unknown }) => override !== null)).toEqual([]);
    const one = (await call('GET', '/RELEASE_PAUSED')).body;
    expect(one.default).toEqual({
      bucket: 'critical',
      headline: 'REL-7: paused by Ada Lovelace',
      body: expect.stringContaining('Reason: USER_REQUESTED'),
    });
    expect(one.placeholders).toContainEqual({ path: 'by', kind: 'value', description: 'Who did it', example: 'Ada Lovelace' });
    expect(one.exampleData.reasons).toEqual(['USER_REQUESTED']);
  });

  it('show those about deployments, which know a deployment and no release', async () => {
    const { default: ours, placeholders, exampleData } = (await call('GET', '/DEPLOYMENT_FAILED')).body;
    const preview = await call('POST', '/DEPLOYMENT_FAILED/preview', {
      headline: '{{deployment.environment}} is as it was',
      body: '{{#deployment.services}}{{name}} stays at {{from}}\n{{/deployment.services}}',
    });
    const wrong = await put('DEPLOYMENT_FAILED', { headline: '{{release.displayId}}' });

    expect(ours).toEqual({
      bucket: 'critical',
      headline: 'DEP-7: deployment of Shop to production failed; nothing was changed',
      body: expect.stringContaining('Deployment: DEP-7'),
    });
    expect(placeholders.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['deployment.displayId', 'deployment.services.to', 'failure']),
    );
    expect(exampleData.deployment.app).toBe('Shop');
    expect(preview.body.rendered).toMatchObject({
      headline: 'production is as it was',
      body: expect.stringMatching(/^api stays at 1\.3\.2\nweb stays at 1\.3\.0\n\nDeployment: DEP-7/),
    });
    expect([wrong.status, wrong.body.errors]).toEqual([422, [{ field: '/headline', message: '{{release.displayId}} is not known here' }]]);
  });

  it('are used from the next message on, and ours again once they are deleted', async () => {
    const told = async () => {
      const release = await world.create();
      await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Lunch <!channel>' } });
      await world.send(await world.row(release.id, 'RELEASE_PAUSED'));
      await world.call('DELETE', `/${release.id}`);
      return world.shown().at(-1);
    };
    const replaced = await put('RELEASE_PAUSED', { headline: '{{release.displayId}} takes a break', body: 'Because of {{note}}' });
    const own = await told();
    const removed = await call('DELETE', '/RELEASE_PAUSED');
    const ours = await told();

    expect(replaced.body.override).toMatchObject({ isEnabled: true, bucket: null, body: 'Because of {{note}}' });
    expect(own?.text).toMatch(/^REL-\d+ takes a break$/);
    expect(own === undefined ? '' : readable(own)).toContain('Because of Lunch <!channel>');
    expect(JSON.stringify(own?.blocks)).not.toContain('<!channel>');
    expect(removed.status).toBe(204);
    expect(ours?.text).toMatch(/^REL-\d+: paused by/);
  });

  it('send elsewhere, or not at all', async () => {
    const builds = world.workspace.addChannel({ name: 'builds' }).id;
    await world.setChannels({ critical: [world.channelId], builds: [builds] });
    const release = await world.create();
    await put('RELEASE_PAUSED', { bucket: 'builds' });
    await put('RELEASE_RESUMED', { isEnabled: false });
    await world.call('POST', `/${release.id}/pause`, { body: {} });
    await world.call('POST', `/${release.id}/resume`, { body: {} });

    await world.send(await world.row(release.id, 'RELEASE_PAUSED'));
    await world.send(await world.row(release.id, 'RELEASE_RESUMED'));

    expect([world.shown().length, world.shown(builds).length]).toEqual([0, 1]);
    expect(await world.row(release.id, 'RELEASE_RESUMED')).toMatchObject({
      status: 'SKIPPED',
      failure: { message: expect.stringContaining('switched') },
    });
  });

  it('are refused with every placeholder that the type does not have, and nothing is stored', async () => {
    const answer = await put('RELEASE_PAUSED', { headline: '{{rcTag}} {{constructor.name}}', body: '{{#builds}}' });

    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([
      { field: '/headline', message: '{{rcTag}} is not known here' },
      { field: '/headline', message: '{{constructor.name}} is not known here' },
      { field: '/body', message: expect.stringMatching(/^cannot be read: Unclosed section/) },
    ]);
    expect((await call('GET', '/RELEASE_PAUSED')).body.override).toBeNull();
  });

  it('are refused when too long, of another shape, or for a type that does not exist', async () => {
    const fields = async (body: object) => (await put('RELEASE_PAUSED', body)).body.errors.map(({ field }: { field: string }) => field);

    expect(await fields({ headline: 'x'.repeat(501), body: 'x'.repeat(4001), bucket: 'gossip', colour: 1 })).toEqual(
      expect.arrayContaining(['/headline', '/body', '/bucket', '/colour']),
    );
    for (const answer of await Promise.all([
      put('GOSSIP', {}),
      call('GET', '/GOSSIP'),
      call('DELETE', '/GOSSIP'),
      call('POST', '/GOSSIP/preview', {}),
    ])) {
      expect(answer.status).toBe(404);
    }
  });

  it('can be looked at before they are stored', async () => {
    const preview = await call('POST', '/REGRESSION_BUILDS/preview', {
      headline: '{{rcTag}}',
      body: '{{#builds}}{{platform}} {{version}}\n{{/builds}}',
    });
    const silent = await call('POST', '/REGRESSION_BUILDS/preview', { isEnabled: false });
    const wrong = await call('POST', '/REGRESSION_BUILDS/preview', { body: '{{x}}' });

    expect(preview.body.rendered).toEqual({
      bucket: 'regression',
      headline: 'v1.4.0-rc.2',
      body: expect.stringMatching(/^ANDROID 1\.4\.0\nIOS 1\.4\.0\n\nRelease: REL-7/),
    });
    expect(silent.body).toEqual({ rendered: null });
    expect(wrong.status).toBe(422);
    expect((await call('GET', '/REGRESSION_BUILDS')).body.override).toBeNull();
  });

  it('are written by whoever may write configs, read by any member, and of no other tenant', async () => {
    const { token } = await world.person('contributor');
    const stranger = await messagesWorld(api, slack);
    await put('RELEASE_PAUSED', { headline: 'ours' });

    expect((await put('RELEASE_PAUSED', { headline: 'theirs' }, token)).status).toBe(403);
    expect((await call('DELETE', '/RELEASE_PAUSED', undefined, token)).status).toBe(403);
    expect((await call('GET', '/RELEASE_PAUSED', undefined, token)).body.override.headline).toBe('ours');
    expect((await stranger.tenant('GET', 'notification-templates/RELEASE_PAUSED')).body.override).toBeNull();
  });

  it('leave what was before in the history', async () => {
    await put('RELEASE_PAUSED', { headline: 'one' });
    await put('RELEASE_PAUSED', { headline: 'two' });
    await call('DELETE', '/RELEASE_PAUSED');
    await call('DELETE', '/RELEASE_PAUSED');

    const rows = await api.db.rows<{ action: string; before: string | null; after: string | null }>(
      `SELECT h.action, i.value_before AS \`before\`, i.value_after AS \`after\` FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.tenant_id = ? AND i.field = 'notificationTemplate:RELEASE_PAUSED' ORDER BY h.sequence`,
      [world.tenantId],
    );

    const headline = (text: string | null) => (text === null ? null : JSON.parse(text).headline);
    expect(rows.map(({ action, before, after }) => [action, headline(before), headline(after)])).toEqual([
      ['CREATE', null, 'one'],
      ['UPDATE', 'one', 'two'],
      ['REMOVE', 'two', null],
    ]);
  });
});
