import { describe, expect, it } from 'vitest';
import { jira } from '../../src/integrations/providers/jira/index.ts';
import { jiraIssueTracker, markerLabel } from '../../src/integrations/providers/jira/issue-tracker.ts';
import { createJiraFake } from '../fakes/jira/index.ts';
import { all } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { connectionTo, depsOf, seed, TOKEN } from './jira-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** The description says one link where Jira, and the description's own example, give a list. */
const LINKS = { operationId: 'getRemoteIssueLinks', path: /^\/rest\/api\/3\/issue\/[^/]+\/remotelink$/ };
/** Cloud has these; the description at hand leaves them out. */
const UNDESCRIBED = [/\/remotelink\/\d+$/, /\/user\/assignable\/search$/];

function answerNewCalls(peer: SpecPeer, issue: { key: string }): void {
  const links = { operationId: LINKS.operationId, body: [], unchecked: true };
  const at = { startAt: 0, maxResults: 50, total: 1 };
  peer.respond({ operationId: 'getComments', body: { comments: [], startAt: 0, maxResults: 100, total: 0 } });
  peer.respond({ operationId: 'addComment' });
  peer.respond(links);
  peer.respond({ operationId: 'createOrUpdateRemoteIssueLink', status: 201, body: { id: 10_000 } });
  peer.respond({ operationId: 'getProjectVersions', body: [{ id: '10100', name: '4.2.0' }] });
  peer.respond({ operationId: 'searchAndReconsileIssuesUsingJql', body: { issues: [issue], isLast: true } });
  peer.respond({ operationId: 'searchProjects', body: { ...at, isLast: true, values: [{ id: '10001', key: 'APP', name: 'Apps' }] } });
  peer.respond({ operationId: 'getProject', body: { id: '10001', key: 'APP', name: 'Apps', issueTypes: [{ id: '1', name: 'Task' }] } });
  const statuses = [{ id: '3', name: 'To Do', statusCategory: { key: 'new' } }];
  const self = `${peer.origin}/rest/api/3/issuetype/1`;
  peer.respond({ operationId: 'getAllStatuses', body: [{ id: '1', name: 'Task', self, subtask: false, statuses }] });
}

describe("jira against the vendor's description", () => {
  it('the adapter sends nothing the description does not know', async ({ skip }) => {
    const peer = await openSpecPeer('jira');
    if (!peer) return skip('the API descriptions are not available here');
    try {
      const issue = { id: '10001', key: 'APP-1', fields: { summary: 'Release', labels: [markerLabel('m-1')], status: { name: 'To Do' } } };
      const moved = { ...issue, fields: { ...issue.fields, status: { name: 'Done', statusCategory: { key: 'done' } } } };
      peer.respond({ operationId: 'searchAndReconsileIssuesUsingJql', body: { issues: [], nextPageToken: 'abc' } });
      peer.respond({ operationId: 'searchAndReconsileIssuesUsingJql', body: { issues: [], isLast: true } });
      peer.respond({ operationId: 'createIssue', body: { id: '10001', key: 'APP-1', self: `${peer.origin}/rest/api/3/issue/10001` } });
      peer.respond({ operationId: 'getIssue', body: issue, times: 2 });
      peer.respond({ operationId: 'getTransitions', body: { transitions: [{ id: '31', name: 'Finish', to: { name: 'Done' } }] } });
      peer.respond({ operationId: 'doTransition', status: 204 });
      peer.respond({ operationId: 'getIssue', body: moved });
      const permissions = Object.fromEntries(
        ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'TRANSITION_ISSUES', 'ADD_COMMENTS', 'LINK_ISSUES'].map((key) => [
          key,
          { id: '1', key, name: key, type: 'PROJECT', havePermission: true },
        ]),
      );
      peer.respond({ operationId: 'getMyPermissions', body: { permissions } });
      answerNewCalls(peer, issue);
      const connection = connectionTo(peer.origin, 'cloud', TOKEN, { projectKey: 'APP' });
      const tracker = jiraIssueTracker(connection, depsOf());

      const created = await tracker.ensureTicket({
        project: 'APP',
        type: 'Task',
        title: 'Release',
        description: 'Text with https://example.com',
        labels: ['release'],
        assignee: '712020:1',
        parent: 'APP-7',
        priority: 'High',
        marker: 'm-1',
      });
      const done = await tracker.setStatus('APP-1', 'done');
      const verification = await jira.verify(connection, depsOf(), 'project-management');

      await tracker.ensureComment('APP-1', { text: 'Text with https://example.com', marker: 'm-1' });
      await tracker.ensureLink('APP-1', { url: 'https://example.com', title: 'Release' });
      const inVersion = await all(tracker.ticketsOfVersion({ project: 'APP', version: '4.2.0' }));
      const lists = [await all(tracker.projects()), await tracker.types('APP'), await tracker.statuses('APP')];

      expect(created.key).toBe('APP-1');
      expect(inVersion.map(({ key }) => key)).toEqual(['APP-1']);
      expect(lists).toEqual([[{ id: 'APP', name: 'Apps' }], [{ id: 'Task', name: 'Task' }], [{ name: 'To Do', category: 'open' }]]);
      expect(done.status.category).toBe('done');
      expect(verification.ok).toBe(true);
      expect(peer.violations).toEqual([]);
    } finally {
      await peer.close();
    }
  });

  it('the fake answers with bodies the description allows', async ({ skip }) => {
    const peer = await openSpecPeer('jira');
    if (!peer) return skip('the API descriptions are not available here');
    const fake = await createJiraFake();
    try {
      seed(fake, 'cloud');
      const connection = connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'APP' });
      const tracker = jiraIssueTracker(connection, depsOf());
      const ticket = { project: 'APP', type: 'Task', title: 'Release', description: 'Text', labels: [], marker: 'm-1' };

      await tracker.ensureTicket(ticket);
      await tracker.ensureTicket(ticket);
      await tracker.setStatus('APP-1', 'Done');
      await tracker.ticket('NOPE-1');
      await providerError(tracker.ensureTicket({ ...ticket, type: 'Nope', marker: 'm-2' }));
      await jira.verify(connection, depsOf(), 'project-management');
      for (const text of ['Text', 'Text again']) await tracker.ensureComment('APP-1', { text, marker: 'm-1' });
      for (const title of ['Page', 'Same page']) await tracker.ensureLink('APP-1', { url: 'https://example.com', title });
      fake.world.addTicket({ project: 'APP', title: 'Fix', fixVersion: '4.2.0' });
      await all(tracker.ticketsOfVersion({ project: 'APP', version: '4.2.0' }));
      await all(tracker.projects());
      await tracker.types('APP');
      await tracker.statuses('APP');
      await providerError(tracker.statuses('NOPE'));
      await providerError(jiraIssueTracker(connectionTo(fake.origin, 'cloud', 'wrong-token-1'), depsOf()).ensureTicket(ticket));

      const described = fake.calls.filter(
        ({ method, path }) => !(method === 'GET' && LINKS.path.test(path)) && !UNDESCRIBED.some((undescribed) => undescribed.test(path)),
      );
      const misfits = described.flatMap(({ method, path, status, answer }) => {
        const wrong = peer.checkResponse(method, path, status, answer);
        return wrong ? [`${method} ${path} ${status}: ${wrong.join('; ')}`] : [];
      });
      expect(described.length).toBeGreaterThan(22);
      expect(misfits).toEqual([]);
    } finally {
      await fake.close();
      await peer.close();
    }
  });
});
