import { describe, expect, it } from 'vitest';
import { asana } from '../../src/integrations/providers/asana/index.ts';
import { asanaIssueTracker } from '../../src/integrations/providers/asana/issue-tracker.ts';
import { externalId } from '../../src/integrations/providers/asana/ticket.ts';
import { asanaWebhookRegistrar } from '../../src/integrations/providers/asana/webhook-registrar.ts';
import { all } from './adapter-harness.ts';
import { asanaSetup, connectionTo, depsOf, TOKEN } from './asana-harness.ts';
import { providerError } from './contract-case.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** The description at hand leaves out tags, attachments and custom fields, and the OAuth server is no part of it. */

const API = '/api/1.0';
const LEFT_OUT = /\/(tags|attachments)(\/|$)/;
const HOOK = 'https://signalbox.example.com/api/v1/webhooks/asana/01J';
const ticket = { project: '12', type: 'Task', title: 'Release', description: 'Text', labels: [], marker: 'm-1' };
const named = (resource_type: string, gid: string, name: string) => ({ gid, resource_type, name });

function queueAnswers(peer: SpecPeer): void {
  const workspace = named('workspace', '1', 'Acme');
  const project = { ...named('project', '12', 'Apps'), workspace };
  const section = named('section', '22', 'Done');
  const task = {
    ...{ ...named('task', '34', 'Release'), completed: false, permalink_url: 'https://app.asana.com/1/1/task/34' },
    external: { gid: externalId('12', 'm-1') },
    memberships: [{ project: named('project', '12', 'Apps'), section: named('section', '21', 'To do') }],
  };
  const done = { ...task, completed: true, memberships: [{ project: task.memberships[0]?.project, section }] };
  peer.respond({ operationId: 'getTask', status: 404, body: { errors: [{ message: 'task: Unknown object' }] } });
  peer.respond({ operationId: 'getProject', body: { data: project }, times: 4 });
  peer.respond({ operationId: 'createTask', body: { data: task } });
  peer.respond({ operationId: 'getTask', body: { data: task } });
  peer.respond({ operationId: 'getSectionsForProject', body: { data: [section] }, times: 2 });
  peer.respond({ operationId: 'addTaskForSection', body: { data: {} } });
  peer.respond({ operationId: 'updateTask', body: { data: done } });
  const next_page = {
    offset: 'abc',
    path: '/tasks/34/stories?offset=abc',
    uri: 'https://app.asana.com/api/1.0/tasks/34/stories?offset=abc',
  };
  peer.respond({ operationId: 'getStoriesForTask', body: { data: [], next_page } });
  peer.respond({ operationId: 'getStoriesForTask', body: { data: [], next_page: null } });
  peer.respond({ operationId: 'createStoryForTask', body: { data: { gid: '9', resource_type: 'story', text: 'Built' } } });
  peer.respond({ operationId: 'getWorkspaces', body: { data: [workspace] }, times: 3 });
  peer.respond({ operationId: 'getProjectsForWorkspace', body: { data: [project] } });
  peer.respond({ operationId: 'getUsers', body: { data: [named('user', '5', 'Ada')] } });
  const hook = { gid: '77', resource_type: 'webhook', active: true, resource: named('project', '12', 'Apps'), target: HOOK };
  peer.respond({ operationId: 'getWebhooks', body: { data: [hook] }, times: 2 });
  peer.respond({ operationId: 'deleteWebhook', body: { data: {} }, times: 2 });
  peer.respond({ operationId: 'createWebhook', body: { data: hook, 'X-Hook-Secret': 'b537207f20cbfa02' } });
}

describe("asana against the vendor's description", () => {
  it('the adapter sends nothing the description does not know', async ({ skip }) => {
    const peer = await openSpecPeer('asana');
    if (!peer) return skip('the API descriptions are not available here');
    try {
      queueAnswers(peer);
      const connection = connectionTo(`${peer.origin}${API}`, { project: '12' });
      const tracker = asanaIssueTracker(connection, depsOf());
      const registrar = asanaWebhookRegistrar(connection, depsOf());

      const created = await tracker.ensureTicket({ ...ticket, assignee: 'ada@example.com', parent: '30' });
      const moved = await tracker.setStatus('34', 'done');
      await tracker.ensureComment('34', { text: 'Built', marker: 'built-1' });
      const lists = [await all(tracker.projects()), await all(tracker.users('12')), await tracker.statuses('12')];
      const hook = await registrar.ensureHook({ url: HOOK, secret: 'unused' });
      await registrar.removeHook(HOOK);

      expect([created.key, moved.status.category, hook.secret]).toEqual(['34', 'done', 'b537207f20cbfa02']);
      expect(lists.map((list) => list.length)).toEqual([1, 1, 2]);
      expect(peer.violations).toEqual([]);
    } finally {
      await peer.close();
    }
  });

  it('the fake answers with bodies the description allows', async ({ skip }) => {
    const peer = await openSpecPeer('asana');
    if (!peer) return skip('the API descriptions are not available here');
    const { fake, app } = await asanaSetup({ handshake: async () => true });
    try {
      const connection = connectionTo(fake.baseUrl, { project: app.gid });
      const tracker = asanaIssueTracker(connection, depsOf());
      const registrar = asanaWebhookRegistrar(connection, depsOf());
      const wanted = { ...ticket, project: app.gid, labels: ['release'] };

      const { key } = await tracker.ensureTicket(wanted);
      await tracker.ensureTicket(wanted);
      await tracker.setStatus(key, 'Done');
      await tracker.ticket('404404');
      await tracker.ensureComment(key, { text: 'Built', marker: 'built-1' });
      await tracker.ensureComment(key, { text: 'Built', marker: 'built-1' });
      await all(tracker.projects());
      await all(tracker.users(app.gid));
      await tracker.statuses(app.gid);
      await providerError(tracker.ensureTicket({ ...wanted, marker: 'm-2', parent: 'NOPE-1' }));
      await providerError(asanaIssueTracker(connectionTo(fake.baseUrl, {}, `${TOKEN}-revoked`), depsOf()).ticket(key));
      await asana.verify(connection, depsOf(), 'project-management');
      await registrar.ensureHook({ url: HOOK, secret: 'unused' });
      await registrar.removeHook(HOOK);

      const calls = fake.calls.filter(({ path }) => !LEFT_OUT.test(path));
      const misfits = calls.flatMap(({ method, path, status, answer }) => {
        const wrong = peer.checkResponse(method, path, status, answer);
        return wrong ? [`${method} ${path} ${status}: ${wrong.join('; ')}`] : [];
      });
      expect(calls.length).toBeGreaterThan(18);
      expect(misfits).toEqual([]);
    } finally {
      await fake.close();
      await peer.close();
    }
  });
});
