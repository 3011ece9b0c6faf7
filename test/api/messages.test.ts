import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

/** What people read who send something wrong, or nothing. */

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { required?: boolean };
}

async function operationsWithBody() {
  const { body } = await api.request('GET', '/openapi.json');
  const paths = body.paths as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.requestBody !== undefined && path.includes('{tenantId}'))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

const UNKNOWN_ID = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';
const fill = (path: string) =>
  path
    .replace('{tenantId}', world.tenantId)
    .replace('{category}', 'scm')
    .replaceAll(/\{\w+\}/g, UNKNOWN_ID);

async function problemsOf(body: unknown): Promise<Record<string, string>> {
  const answer = await world.call('POST', '', { body });
  expect(answer.status).toBe(422);
  const errors = answer.body.errors as { field: string; message: string }[];
  const fields = errors.map(({ field }) => field);
  expect(new Set(fields).size, `one problem for each field of ${fields}`).toBe(fields.length);
  return Object.fromEntries(errors.map(({ field, message }) => [field, message]));
}

describe('who creates a release reads', () => {
  it('which fields are missing', async () => {
    expect(await problemsOf({})).toEqual({ '/type': 'is required', '/platformTargets': 'is required' });
    const { kickOffDate: _kickOff, targetReleaseDate: _target, regressionSlots: _slots, ...body } = world.body();
    const noSchedule = 'is required: the release config has no schedule it could come from';
    expect(await problemsOf(body)).toEqual({
      '/kickOffDate': noSchedule,
      '/targetReleaseDate': noSchedule,
      '/regressionSlots': noSchedule,
    });
  });

  it('what each wrong field must be', async () => {
    const body = {
      ...world.body(),
      releaseConfigId: 1,
      type: 'HUGE',
      platformTargets: [],
      kickOffDate: 'tomorrow',
      targetReleaseDate: '1999-01-01T00:00:00Z',
      regressionSlots: [{ date: '2026-13-01' }, {}],
      baseTag: '',
      description: 'x'.repeat(10_001),
      colour: 'red',
    };

    expect(await problemsOf(body)).toEqual({
      '/releaseConfigId': 'must be text',
      '/type': 'must be one of MAJOR, MINOR, HOTFIX',
      '/platformTargets': 'must not be empty',
      '/kickOffDate': 'must be an instant such as 2026-11-21T04:00:00Z',
      '/targetReleaseDate': 'must lie between the years 2000 and 2200',
      '/regressionSlots/0/date': 'must be an instant such as 2026-11-21T04:00:00Z',
      '/regressionSlots/1/date': 'is required',
      '/baseTag': 'must not be empty',
      '/description': 'must have at most 10000 characters',
      '/colour': 'is not a field that exists here',
    });
  });

  it('that a body must be an object', async () => {
    expect(await problemsOf([])).toEqual({ '': 'must be an object' });
  });
});

describe('who connects a provider reads', () => {
  const connect = async (category: string, body: unknown) => {
    const answer = await api.request('POST', `/api/v1/tenants/${world.tenantId}/integrations/${category}`, { token: world.owner, body });
    expect(answer.status).toBe(422);
    return answer.body.errors;
  };

  it('what is missing of the form and of the credentials', async () => {
    expect(await connect('scm', {})).toEqual([
      { field: '/provider', message: 'is required' },
      { field: '/displayName', message: 'is required' },
      { field: '/credentials', message: 'is required' },
    ]);
    expect(await connect('scm', { provider: 'github', displayName: 'GitHub', credentials: {}, settings: { owner: 7 } })).toEqual(
      expect.arrayContaining([
        { field: '/credentials/token', message: 'is required' },
        { field: '/settings/owner', message: 'must be text' },
        { field: '/settings/repo', message: 'is required' },
      ]),
    );
  });

  it('that a way to sign in must be named where there are several', async () => {
    const body = { provider: 'jira', displayName: 'Jira', baseUrl: 'https://jira.example', credentials: {} };

    expect(await connect('project-management', body)).toEqual([{ field: '/credentials/kind', message: 'is required' }]);
  });
});

it('no route answers in the words of the validation library', async () => {
  const spoken: string[] = [];

  for (const { method, path } of await operationsWithBody()) {
    for (const body of [{}, { name: 5, role: 'emperor', channels: 'x', workflows: 1, date: 'x', reason: '', credentials: [] }]) {
      const answer = await api.request(method, fill(path), { token: world.owner, body });
      for (const { message } of answer.body?.errors ?? []) spoken.push(message);
    }
  }

  expect(spoken.length).toBeGreaterThan(20);
  expect(spoken.filter((message) => /invalid|expected|received|too (small|big)|undefined|NaN/i.test(message))).toEqual([]);
});

describe('a command that needs no body', () => {
  it('takes an empty one of any type, on every such route', async () => {
    const optional = (await operationsWithBody()).filter(({ operation }) => operation.requestBody?.required !== true);
    const refused: string[] = [];

    for (const { method, path } of optional) {
      for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain']) {
        const options = { token: world.owner, body: '', headers: { 'content-type': type } };
        const answer = await api.request(method, fill(path), options);
        // The ids are of nothing; what is asked here is whether the request could be read.
        if (answer.status !== 404) refused.push(`${method} ${path} ${type}: ${answer.status}`);
      }
    }

    expect(optional.length).toBeGreaterThanOrEqual(6);
    expect(refused).toEqual([]);
  });

  it('is carried out, and still refuses a body that is no JSON', async () => {
    const release = await world.create({ kickOffDate: minutes(30) });
    const json = { 'content-type': 'application/json' };

    const paused = await world.call('POST', `/${release.id}/pause`, { body: '', headers: json });
    const resumed = await world.call('POST', `/${release.id}/resume`, { body: '', headers: { ...json, 'idempotency-key': 'resume-1' } });
    const broken = await world.call('POST', `/${release.id}/resume`, { body: '{', headers: json });

    expect([paused.status, resumed.status, broken.status]).toEqual([200, 200, 400]);
    expect(resumed.body).toMatchObject({ lifted: true, stillHeldBy: [] });
  });
});
