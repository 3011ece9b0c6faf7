import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import { githubWebhook } from '../../src/integrations/providers/github/webhook.ts';
import { type FakeRequest, type FakeServer, startFakeServer } from '../fakes/fake-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Whether what the sandbox sends is what the providers' webhook sources accept. */

let sandbox: Sandbox;
let receiver: FakeServer;
let received: FakeRequest[];

beforeEach(async () => {
  received = [];
  receiver = await startFakeServer();
  receiver.route('POST', '/*rest', (request) => {
    received.push(request);
    return { status: 202 };
  });
  sandbox = await startSandbox({ speed: 20, tenants: ['Acme', 'Globex'] });
});

afterEach(async () => {
  await sandbox.close();
  await receiver.close();
});

const target = (name: string) => ({ url: `${receiver.origin}/${name}`, secret: `secret of ${name}` });
const at = (name: string) => received.filter(({ path }) => path === `/${name}`);

function asWebhook(request: FakeRequest) {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { headers, rawBody: request.rawBody };
}

it('tells every connection of a repository of its runs, each signed with its own secret, under one delivery id', async () => {
  await sandbox.pointWebhooks('Acme', { scm: [target('scm'), target('ci')] });

  const run = sandbox.fakes.github.world.dispatch('acme', 'shop', 'regression-ios.yml', 'main', { version: '1.4.0' });

  const job = await waitFor(() => at('ci').find(({ headers }) => headers['x-github-event'] === 'workflow_job'), { what: 'the job' });
  expect(githubWebhook.verify(asWebhook(job), 'secret of ci')).toBe(true);
  expect(githubWebhook.verify(asWebhook(job), 'secret of scm')).toBe(false);
  expect(githubWebhook.parse(asWebhook(job)).hints).toMatchObject([{ key: `ci-run:${run.id}` }]);
  const ids = (name: string) =>
    new Set(at(name).flatMap(({ headers }) => (headers['x-github-event'] === 'workflow_run' ? headers['x-github-delivery'] : [])));
  await waitFor(() => ids('scm').size === 3 && ids('ci').size === 3, { what: 'requested, in progress, completed' });
  expect(ids('scm')).toEqual(ids('ci'));
});

it("tells of the developer's push", async () => {
  await sandbox.pointWebhooks('Acme', { scm: target('scm') });
  const { repository } = sandbox.tenant('Acme');
  const head = repository.git.branches.get('main') ?? '';
  repository.git.branches.set('release/1.4.0', head);

  repository.tag('v1.4.0-rc.1', head);

  const push = await waitFor(() => at('scm').find(({ headers }) => headers['x-github-event'] === 'push'), { what: 'the push' });
  expect(githubWebhook.verify(asWebhook(push), 'secret of scm')).toBe(true);
  expect(githubWebhook.parse(asWebhook(push)).hints).toMatchObject([{ key: 'branch:release/1.4.0' }]);
});

it("sends nothing of one tenant to another's address", async () => {
  await sandbox.pointWebhooks('Acme', { scm: target('acme') });
  await sandbox.pointWebhooks('Globex', { scm: target('globex') });

  sandbox.fakes.github.world.dispatch('globex', 'shop', 'regression-ios.yml', 'main', { version: '1.4.0' });

  await waitFor(() => at('globex').some(({ headers }) => headers['x-github-event'] === 'workflow_job'), { what: 'all of the run' });
  expect(at('acme')).toEqual([]);
  expect(sandbox.sentWebhooks.every(({ status }) => status === 202)).toBe(true);
});
