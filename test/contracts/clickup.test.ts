import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewTicket } from '../../src/integrations/capabilities/issue-tracker.ts';
import { signalKey } from '../../src/integrations/capabilities/webhook-source.ts';
import { clickupIssueTracker } from '../../src/integrations/providers/clickup/issue-tracker.ts';
import { markerTag } from '../../src/integrations/providers/clickup/tags.ts';
import { clickupWebhook } from '../../src/integrations/providers/clickup/webhook.ts';
import { all } from './adapter-harness.ts';
import { type ClickupSetup, clickupHarness, clickupSetup, connectionTo } from './clickup-harness.ts';
import { providerError } from './contract-case.ts';
import { issueTrackerContract } from './issue-tracker.contract.ts';

issueTrackerContract('clickup', clickupHarness, {
  skip: [
    {
      reason: 'ClickUp has no unique key to create by; the engine serialises by lock and waits searchVisibleWithinMs',
      tests: ['ten concurrent ensures create one ticket'],
    },
    {
      reason: 'links are comments, which only their authors may edit: the link of a person is not doubled and keeps its title',
      tests: ['a link that people attached is not doubled, and gets the title'],
    },
  ],
});

describe('clickup', () => {
  let s: ClickupSetup;
  beforeEach(async () => {
    s = await clickupSetup();
  });
  afterEach(() => s.fake.close());

  const tracker = (settings: { teamId?: string } = {}) => clickupIssueTracker(connectionTo(s.fake.origin, settings), s.deps());
  const wanted = (changes: Partial<NewTicket> = {}): NewTicket => ({
    ...{ project: s.list.id, type: 'Task', title: 'Release 4.2.0', description: 'Text', labels: [], marker: 'm-1' },
    ...changes,
  });

  describe('tickets', () => {
    it('take type, assignee, parent and priority by what people choose', async () => {
      const parent = s.fake.world.addTask(s.list, { name: 'Epic' });

      const { key } = await tracker().ensureTicket(
        wanted({ type: 'release', assignee: String(s.bot.id), parent: parent.id, priority: 'High', labels: ['Mobile  App'] }),
      );

      expect(s.fake.world.task(key)).toMatchObject({
        ...{ typeId: 1300, assignees: [s.bot.id], parent: parent.id, priority: 2, description: 'Text' },
        tags: ['mobile app', markerTag('m-1')],
      });
    });

    it('that want what is not there are refused in words, and nothing is created', async () => {
      for (const [change, words] of [
        [{ type: 'Nope' }, '"Task", "Milestone", "Release"'],
        [{ priority: 'Blocker' }, 'urgent, high, normal, low'],
        [{ assignee: 'ann@example.com' }, 'is not the id of a user'],
        [{ project: 'Releases' }, 'is not the id of a List'],
      ] as const) {
        expect(await providerError(tracker().ensureTicket(wanted(change)))).toMatchObject({
          kind: 'invalid',
          message: expect.stringContaining(words),
        });
      }
      expect([...s.fake.world.tasks.values()]).toEqual([]);
    });

    it('are the oldest of several with the marker, whatever the order of the answers', async () => {
      const tasks = [1, 2, 3].map((number) => s.fake.world.addTask(s.list, { name: `Task ${number}`, tags: [markerTag('m-1')] }));
      for (const [index, task] of tasks.entries()) task.createdAt = [2_000, 1_000, 3_000][index] ?? 0;

      expect((await tracker().ensureTicket(wanted())).key).toBe(tasks[1]?.id);
    });

    it('are found again when they are closed, and when they are subtasks', async () => {
      const parent = s.fake.world.addTask(s.list, { name: 'Epic' });
      const created = await tracker().ensureTicket(wanted({ parent: parent.id }));
      await tracker().setStatus(created.key, 'complete');

      expect((await tracker().ensureTicket(wanted())).key).toBe(created.key);
    });

    it('that could not keep their tag are a conflict that says which ClickApp to switch on', async () => {
      s.space.hasTags = false;

      const error = await providerError(tracker().ensureTicket(wanted()));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/signalbox-m-1.*Tags ClickApp/) });
    });

    it('get a tag that somebody else made in the same moment', async () => {
      s.space.tags.add(markerTag('m-1'));
      s.fake.failNext({ match: { method: 'GET', path: /\/tag$/ }, status: 200, body: { tags: [] } });

      const { key } = await tracker().ensureTicket(wanted());

      expect(s.fake.world.task(key).tags).toEqual([markerTag('m-1')]);
    });

    it('of a version count once when they carry both of its names', async () => {
      const { id } = s.fake.world.addTask(s.list, { name: 'Fix', tags: ['4.2.0', 'v4.2.0'] });

      const found = await all(tracker().ticketsOfVersion({ project: s.list.id, version: '4.2.0' }));

      expect(found.map(({ key }) => key)).toEqual([id]);
    });
  });

  describe('custom ids', () => {
    it('are the keys where the Workspace has them, and work wherever a key does', async () => {
      s.team.prefix = 'REL';
      const { key } = await tracker().ensureTicket(wanted());
      const link = { url: 'https://example.com/42', title: 'Build 42' };

      await tracker().ensureComment(key, { text: 'Text', marker: 'c-1' });
      await tracker().ensureLink(key, link);
      await tracker().ensureLink(key, link);
      const moved = await tracker().setStatus(key, 'Shipped');
      const child = await tracker().ensureTicket(wanted({ marker: 'm-2', parent: key }));

      expect(key).toMatch(/^REL-\d+$/);
      expect(moved).toMatchObject({ key, status: { name: 'shipped', category: 'done' } });
      expect(s.fake.world.task(key).comments.map(({ text }) => text)).toEqual(['Text\n\nc-1', 'Build 42\nhttps://example.com/42']);
      expect(s.fake.world.task(child.key).parent).toBe(s.fake.world.task(key).id);
      expect(await tracker().ticket('REL-99999')).toBeNull();
    });

    it('are not what webhooks call a task: its ticket says by which name they do', async () => {
      s.team.prefix = 'REL';
      const { key, webhookKey } = await tracker().ensureTicket(wanted());
      const { id } = s.fake.world.task(key);
      const rawBody = Buffer.from(JSON.stringify({ event: 'taskStatusUpdated', task_id: id, history_items: [] }));

      const { hints } = clickupWebhook.parse({ headers: {}, rawBody });

      expect(hints.map((hint) => hint.key)).toEqual([signalKey.ticket(webhookKey ?? key)]);
      expect((await tracker().ticket(key))?.webhookKey).toBe(id);
    });

    it('need to know the Workspace where the token sees several, and say so', async () => {
      s.team.prefix = 'REL';
      s.fake.world.addTeam('Second', [[s.bot, 3]]);
      const { key } = await tracker().ensureTicket(wanted());

      expect(await providerError(tracker().ticket(key))).toMatchObject({ kind: 'invalid', message: expect.stringContaining('Acme') });
      expect(await tracker({ teamId: s.team.id }).ticket(key)).toMatchObject({ key });
    });
  });

  describe('access', () => {
    it('to tasks of a private Space that the account is not in reads as absent, to its List as not-found', async () => {
      const list = s.fake.world.addList(s.fake.world.addSpace(s.team, 'Secret', []), 'Plans');
      const { id } = s.fake.world.addTask(list, { name: 'theirs', tags: [markerTag('m-1')] });

      expect(await tracker().ticket(id)).toBeNull();
      expect((await providerError(tracker().setStatus(id, 'complete'))).kind).toBe('not-found');
      expect((await providerError(tracker().findTicket({ project: list.id, marker: 'm-1' }))).kind).toBe('not-found');
    });

    it('that the Workspace has withdrawn is forbidden, and its tasks do not read as absent', async () => {
      const { key } = await tracker().ensureTicket(wanted());
      s.team.members.delete(s.bot.id);

      const error = await providerError(tracker().ticket(key));

      expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('no Workspace') });
      expect((await providerError(tracker({ teamId: s.team.id }).types(s.list.id))).kind).toBe('forbidden');
    });

    it.each([
      ['OAUTH_019', 'unauthorized'],
      ['OAUTH_025', 'unauthorized'],
      ['OAUTH_099', 'unauthorized'],
      ['ACCESS_083', 'forbidden'],
      ['TEAM_110', 'forbidden'],
      ['OAUTH_023', 'not-found'],
      ['OAUTH_034', 'not-found'],
    ])('refused with 401 %s is %s', async (ECODE, kind) => {
      s.fake.failNext({ match: { method: 'GET', path: /\/task$/ }, status: 401, body: { err: 'Refused', ECODE } });

      const error = await providerError(tracker().findTicket({ project: s.list.id, marker: 'm-1' }));

      expect(error).toMatchObject({ kind, message: expect.stringContaining(`Refused (${ECODE})`) });
    });

    it('is asked for with Bearer only by tokens of OAuth apps', async () => {
      s.bot.token = '183_oauthtoken';

      const oauth = clickupIssueTracker(connectionTo(s.fake.origin, {}, '183_oauthtoken'), s.deps());

      expect(await oauth.findTicket({ project: s.list.id, marker: 'm-1' })).toBeNull();
    });

    it('beyond the rate limit waits until the second that ClickUp names', async () => {
      const reset = Math.floor(Date.now() / 1000) + 40;
      const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
      s.fake.failNext({ status: 429, headers, body: { err: 'Rate limit reached', ECODE: 'APP_002' } });

      const error = await providerError(tracker().ticket('86x'));

      expect(error.kind).toBe('rate-limited');
      expect(error.retryAfterMs).toBeGreaterThan(38_000);
      expect(error.retryAfterMs).toBeLessThanOrEqual(40_000);
    });
  });

  describe('links', () => {
    it('that a person has put into a comment are not doubled, and keep their words', async () => {
      const task = s.fake.world.addTask(s.list, { name: 'Release' });
      s.fake.world.addComment(task, 'my build\nhttps://example.com/42');

      await tracker().ensureLink(task.id, { url: 'https://example.com/42', title: 'Build 42' });

      expect(task.comments.map(({ text }) => text)).toEqual(['my build\nhttps://example.com/42']);
    });

    it('whose comment was resolved by a person stay resolved under a new title', async () => {
      const task = s.fake.world.addTask(s.list, { name: 'Release' });
      await tracker().ensureLink(task.id, { url: 'https://example.com/42', title: 'Build 42' });
      for (const comment of task.comments) comment.resolved = true;

      await tracker().ensureLink(task.id, { url: 'https://example.com/42', title: 'Build 42 passed' });

      expect(s.fake.calls.at(-1)).toMatchObject({
        method: 'PUT',
        body: { comment_text: 'Build 42 passed\nhttps://example.com/42', resolved: true },
      });
    });
  });

  describe('forms', () => {
    it('offer for a private Space only who is in it or in the List', async () => {
      const { world } = s.fake;
      const [inside, invited, outside] = ['Ann', 'Ben', 'Cleo'].map((username) => world.addUser({ username }));
      for (const user of [inside, invited, outside]) if (user) s.team.members.set(user.id, 3);
      const list = world.addList(world.addSpace(s.team, 'Secret', [s.bot, ...(inside ? [inside] : [])]), 'Plans');
      if (invited) list.members.add(invited.id);

      const offered = await all(tracker().users(list.id));

      expect(offered.map(({ name }) => name).sort()).toEqual(['Ann', 'Ben', 'Release Bot']);
    });

    it('ask for the Lists of a Folder that does not bring them', async () => {
      const folder = { id: s.otherList.folder?.id, name: 'Web', lists: ['Releases'] };
      s.fake.failNext({ match: { path: /\/folder$/ }, status: 200, body: { folders: [folder] } });

      const projects = await all(tracker().projects());

      expect(projects).toContainEqual({ id: s.otherList.id, name: 'Mobile / Web / Releases' });
    });
  });
});
