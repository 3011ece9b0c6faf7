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
