import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventView } from '../../src/services/events/event-view.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let tenantPath: string;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  tenantPath = `/api/v1/tenants/${world.tenantId}/events`;
});
afterAll(() => api?.close());

interface Stream {
  status: number;
  headers: Headers;
  /** The next events. */
  next(count: number): Promise<EventView[]>;
  close(): Promise<void>;
}

async function open(path: string, headers: Record<string, string> = {}, token = world.owner): Promise<Stream> {
  const response = await api.app.request(path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    status: response.status,
    headers: response.headers,
    async next(count) {
      const events: EventView[] = [];
      while (events.length < count) {
        const end = text.indexOf('\n\n');
        if (end < 0) {
          const chunk = await reader?.read();
          if (chunk === undefined || chunk.done) throw new Error(`the stream ended after ${events.length} of ${count} events`);
          text += decoder.decode(chunk.value, { stream: true });
          continue;
        }
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) events.push(JSON.parse(data));
      }
      return events;
    },
    close: async () => reader?.cancel(),
  };
}

let minor = 0;
const nextVersion = () => {
  minor += 1;
  return `1.${minor}.0`;
};

const typesOf = (events: readonly EventView[]) => events.map(({ type }) => type);

describe('the events of a release', () => {
  it('begin with its first, go on with what happens, and can be taken up anywhere', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });
    const history = (await world.call('GET', `/${release.id}/history?limit=100`)).body.items;
    const stream = await open(world.path(`/${release.id}/events`), { accept: 'text/event-stream' });
    const past = await stream.next(history.length);
    await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Holiday' } });

    const [live] = await stream.next(1);
    await stream.close();
    await world.call('POST', `/${release.id}/resume`, { body: {} });
    const resumed = await open(world.path(`/${release.id}/events`), { 'last-event-id': live?.id ?? '' });
    const [lifted] = await resumed.next(1);
    await resumed.close();

    expect([stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control')]).toEqual([
      200,
      'text/event-stream',
      'no-store',
    ]);
    expect(past.map(({ data: { scopeId: _scope, ...data } }) => data)).toEqual(history.reverse());
    expect(live).toMatchObject({ type: 'run.add', data: { scopeId: release.id, why: 'Holiday', items: [{ field: 'hold' }] } });
    expect(lifted).toMatchObject({ type: 'run.remove', data: { scopeId: release.id } });
  });

  it('are a list for whoever asks for JSON', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });
    const ask = (query: string) => world.call('GET', `/${release.id}/events${query}`, { headers: { accept: 'application/json' } });
    const count = (await world.call('GET', `/${release.id}/history?limit=100`)).body.items.length;

    const first = await ask('?limit=2');
    const rest = await ask(`?after=${first.body.after}&limit=100`);
    const none = await ask(`?after=${rest.body.after}`);

    expect(first.status).toBe(200);
    expect([first.body.items.length, first.body.hasMore]).toEqual([2, true]);
    expect([rest.body.items.length, rest.body.hasMore]).toEqual([count - 2, false]);
    expect(none.body).toEqual({ items: [], after: rest.body.after, hasMore: false });
  });

  it('are nobody else’s: another tenant finds no such release, a token without the right none at all', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });
    const other = await releaseWorld(api, 'Other');
    const narrow = await api.token(world.tenantId, 'owner', { scopes: ['config:read'] });

    const foreign = await open(other.path(`/${release.id}/events`), {}, other.owner);
    const guarded = await open(world.path(`/${release.id}/events`), {}, other.owner);
    const refused = await open(world.path(`/${release.id}/events`), {}, narrow);
    const anonymous = await api.app.request(world.path(`/${release.id}/events`));

    expect([foreign.status, guarded.status, refused.status, anonymous.status]).toEqual([404, 404, 403, 401]);
  });

  it('are refused where the place to go on from is no event', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });

    const query = await world.call('GET', `/${release.id}/events?after=-1`);
    const header = await world.call('GET', `/${release.id}/events`, { headers: { 'last-event-id': 'abc' } });

    expect([query.status, query.body.errors[0].field]).toEqual([422, '?after']);
    expect(header.status).toBe(422);
  });

  it('are refused to whoever goes on from an event that was never told: they would hear of nothing', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });
    const ask = (headers: Record<string, string>) => world.call('GET', `/${release.id}/events`, { headers });

    const stream = await ask({ 'last-event-id': '999999999999999' });
    const list = await ask({ 'last-event-id': '999999999999999', accept: 'application/json' });

    expect([stream.status, stream.body.errors[0].field]).toEqual([422, '?after']);
    expect(stream.body.errors[0].message).toMatch(/the newest is \d+/);
    expect(list.status).toBe(422);
  });
});

describe('the events of a tenant', () => {
  it('begin now, and are told to each who may see what changed', async () => {
    const viewer = await world.person('viewer');
    const [ofOwner, ofViewer] = [await open(tenantPath), await open(tenantPath, {}, viewer.token)];
    const granted = await api.request('POST', `/api/v1/tenants/${world.tenantId}/tokens`, {
      token: world.owner,
      body: { name: 'CI', role: 'ci' },
    });
    await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });

    const heardByOwner = await ofOwner.next(2);
    const heardByViewer = await ofViewer.next(1);
    await Promise.all([ofOwner.close(), ofViewer.close()]);

    expect(granted.status).toBe(201);
    expect(typesOf(heardByOwner)).toEqual(['token.create', 'release.create']);
    expect(typesOf(heardByViewer)).toEqual(['release.create']);
  });

  it('take so many streams of one account, then say when to come back', async () => {
    const { token } = await world.person('viewer');
    const streams: Stream[] = [];
    for (let n = 0; n < 20; n += 1) streams.push(await open(tenantPath, {}, token));

    const refused = await open(tenantPath, {}, token);
    await streams[0]?.close();
    const again = await open(tenantPath, {}, token);
    await Promise.all([...streams, again].map((stream) => stream.close()));

    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(again.status).toBe(200);
  });

  it('end at once for whoever may not listen any more, or may less, and for nobody else', async () => {
    const inTenant = `/api/v1/tenants/${world.tenantId}`;
    const send = (method: string, path: string, body?: object) =>
      api.request(method, `${inTenant}${path}`, { token: world.owner, ...(body === undefined ? {} : { body }) });
    const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version: nextVersion() }] });
    const [removed, demoted] = [await world.person('viewer'), await world.person('release-manager')];
    const granted = await send('POST', '/tokens', { name: 'Screen', role: 'viewer' });
    const follow = (token: string) => open(world.path(`/${release.id}/events`), {}, token);
    const streams = [await follow(removed.token), await follow(demoted.token), await follow(granted.body.token)];
    const kept = await follow(world.owner);
    const known = (await world.call('GET', `/${release.id}/history?limit=100`)).body.items.length;
    for (const stream of [...streams, kept]) await stream.next(known);
    const over = streams.map((stream) =>
      stream.next(1).then(
        () => 'told more',
        (error: Error) => error.message,
      ),
    );

    const changes = [
      await send('DELETE', `/members/${removed.accountId}`),
      await send('PATCH', `/members/${demoted.accountId}`, { role: 'viewer' }),
      await send('DELETE', `/tokens/${granted.body.id}`),
    ];
    const ends = await Promise.all(over);
    await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Lunch' } });
    const [heard] = await kept.next(1);
    const again = await Promise.all([removed.token, demoted.token, granted.body.token].map((token) => open(tenantPath, {}, token)));
    await Promise.all([kept, ...again].map((stream) => stream.close()));

    expect(changes.map(({ status }) => status)).toEqual([204, 200, 204]);
    expect(ends).toEqual(Array(3).fill('the stream ended after 0 of 1 events'));
    expect(heard?.data.why).toBe('Lunch');
    expect(again.map(({ status }) => status)).toEqual([401, 200, 401]);
  });

  it('end when the process stops', async () => {
    const own = await startApi();
    const { tenantId, token } = await own.tenant();
    const response = await own.app.request(`/api/v1/tenants/${tenantId}/events`, { headers: { authorization: `Bearer ${token}` } });
    const reading = response.text();

    own.deps.events.close();

    expect(await reading).toBe('retry: 2000\n\n');
    await own.close();
  });
});
