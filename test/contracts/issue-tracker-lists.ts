import { expect } from 'vitest';
import type { IssueTracker } from '../../src/integrations/capabilities/issue-tracker.ts';
import { all } from './adapter-harness.ts';
import { expectNoSecret, providerError, refusals } from './contract-case.ts';
import type { IssueTrackerHarness, IssueTrackerTests } from './issue-tracker-world.ts';

/** What is asked of a project: the tickets of a version, and what forms offer. */
export function listTests(tests: IssueTrackerTests): void {
  versionTests(tests);
  formTests(tests);
  faultTests(tests);
}

function versionTests({ guarantee, harness, wanted }: IssueTrackerTests): void {
  guarantee('the tickets of a version are given to the last of three pages', async () => {
    const h = harness();
    const size = h.pageSizes.ticketsOfVersion;
    const count = 2 * (size ?? 5) + 1;
    const ticket = (index: number) => ({ project: h.project, version: '4.2.0', title: `Fix ${index}` });
    const added = Array.from({ length: count }, (_, index) => h.world.addTicketOfVersion(ticket(index)));
    const callsBefore = h.server.calls.length;

    const found = await all(h.connect().ticketsOfVersion({ project: h.project, version: '4.2.0' }));

    expect(found.map(({ key }) => key).sort()).toEqual([...added].sort());
    if (size !== null) expect(h.server.calls.length - callsBefore).toBeGreaterThanOrEqual(3);
  });

  guarantee('a ticket of a version is told as it reads by key', async () => {
    const h = harness();
    const key = h.world.addTicketOfVersion({ project: h.project, version: '4.2.0', title: 'Fix the login' });
    h.world.setStatus(key, h.statuses.done);

    const found = await all(h.connect().ticketsOfVersion({ project: h.project, version: '4.2.0' }));

    expect(found).toMatchObject([{ key, title: 'Fix the login', status: { name: h.statuses.done, category: 'done' } }]);
    expect(found).toEqual([await h.connect().ticket(key)]);
  });

  guarantee('other versions, other projects and tickets without a version are left out', async () => {
    const h = harness();
    const key = h.world.addTicketOfVersion({ project: h.project, version: '4.2.0', title: 'ours' });
    for (const version of ['4.2.0.1', '14.2.0', '4.2.0-rc.1', '4.2', '4x2x0']) {
      h.world.addTicketOfVersion({ project: h.project, version, title: `of ${version}` });
    }
    h.world.addTicketOfVersion({ project: h.otherProject, version: '4.2.0', title: 'theirs' });
    await h.connect().ensureTicket(wanted({ title: 'Release 4.2.0' }));

    const found = await all(h.connect().ticketsOfVersion({ project: h.project, version: '4.2.0' }));

    expect(found.map((ticket) => ticket.key)).toEqual([key]);
  });

  guarantee('a version written with a leading v is the same version', async () => {
    const h = harness();
    const key = h.world.addTicketOfVersion({ project: h.project, version: 'v4.2.0', title: 'ours' });

    const found = await all(h.connect().ticketsOfVersion({ project: h.project, version: '4.2.0' }));

    expect(found.map((ticket) => ticket.key)).toEqual([key]);
  });

  guarantee('a version nobody uses, however odd, has no tickets', async () => {
    const h = harness();
    h.world.addTicketOfVersion({ project: h.project, version: '4.2.0', title: 'ours' });

    for (const version of ['9.9.9', '4.2.0" OR "a" = "a', "4.2.0' \\", '%']) {
      expect(await all(h.connect().ticketsOfVersion({ project: h.project, version }))).toEqual([]);
    }
  });
}

function formTests({ guarantee, harness, wanted }: IssueTrackerTests): void {
  guarantee('projects are given to the last of three pages', async () => {
    const h = harness();
    const size = h.pageSizes.projects;
    h.world.addProjects(2 * (size ?? 5) + 1);

    const found = await all(h.connect().projects());

    expect(sorted(found)).toEqual(sorted(h.world.projects()));
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining([h.project, h.otherProject]));
    if (size !== null) expect(h.server.calls.length).toBeGreaterThanOrEqual(3);
  });

  guarantee('types are those of the project, and a ticket takes the id of each', async () => {
    const h = harness();

    const found = await h.connect().types(h.project);

    expect(sorted(found)).toEqual(sorted(h.world.types()));
    for (const [index, { id }] of found.entries()) {
      await h.connect().ensureTicket(wanted({ type: id, marker: `type-${index}` }));
      expect(h.world.ticketsWith(`type-${index}`)).toHaveLength(1);
    }
  });

  guarantee('statuses are those of the project, each once, with its category', async () => {
    const h = harness();

    const found = await h.connect().statuses(h.project);

    const byName = (left: { name: string }, right: { name: string }) => left.name.localeCompare(right.name);
    expect([...found].sort(byName)).toEqual([...h.world.statuses()].sort(byName));
    expect(found).toContainEqual({ name: h.statuses.withoutCategory, category: 'unknown' });
  });

  guarantee('people who can be assigned are given to the last of three pages', async () => {
    const h = harness();
    const size = h.pageSizes.users;
    h.world.addUsers(2 * (size ?? 5) + 1);

    const found = await all(h.connect().users(h.project));

    expect(sorted(found)).toEqual(sorted(h.world.users()));
    if (size !== null) expect(h.server.calls.length).toBeGreaterThanOrEqual(3);
  });

  guarantee('a ticket takes the id of a person who can be assigned', async () => {
    const h = harness();
    h.world.addUsers(1);
    const [someone] = await all(h.connect().users(h.project));

    const ticket = await h.connect().ensureTicket(wanted({ assignee: someone?.id ?? 'nobody' }));

    expect(h.world.ticketsWith('rel-42-ios')).toEqual([ticket.key]);
  });

  guarantee('an unknown project has no lists, which is an error and not an empty answer', async () => {
    const h = harness();
    const { project } = h.unknown;

    for (const call of [
      h.connect().statuses(project),
      all(h.connect().users(project)),
      all(h.connect().ticketsOfVersion({ project, version: '4.2.0' })),
    ]) {
      expect((await providerError(call)).kind).toMatch(/^(invalid|not-found|forbidden)$/);
    }
  });
}

type Read = [name: string, call: (tracker: IssueTracker, harness: IssueTrackerHarness) => Promise<unknown>];

const reads: Read[] = [
  ['ticketsOfVersion', (tracker, { project }) => all(tracker.ticketsOfVersion({ project, version: '4.2.0' }))],
  ['projects', (tracker) => all(tracker.projects())],
  ['statuses', (tracker, { project }) => tracker.statuses(project)],
  ['users', (tracker, { project }) => all(tracker.users(project))],
];

function faultTests({ guarantee, harness }: IssueTrackerTests): void {
  guarantee('wrong credentials are unauthorized in every list', async () => {
    const h = harness();
    h.world.addTicketOfVersion({ project: h.project, version: '4.2.0', title: 'ours' });

    for (const [, read] of reads) {
      const error = await providerError(read(h.connect({ wrongCredentials: true }), h));

      expect(error.kind).toBe('unauthorized');
      expectNoSecret(error, h.secrets);
    }
  });

  for (const { when, kind, fault, retryAfterMs } of refusals()) {
    guarantee(`${when} when listing is ${kind}, and the next try works`, async () => {
      const h = harness();
      h.world.addTicketOfVersion({ project: h.project, version: '4.2.0', title: 'ours' });
      for (const [, read] of reads) {
        h.server.failNext({ ...fault, ...(fault.status && { body: h.errorBody(`because of ${h.secrets[0]}`) }) });

        const error = await providerError(read(h.connect({ timeoutMs: kind === 'timeout' ? 150 : 10_000 }), h));

        expect(error).toMatchObject({ kind, retryAfterMs });
        expectNoSecret(error, h.secrets);
        await expect(read(h.connect(), h)).resolves.not.toEqual([]);
      }
    });
  }

  guarantee('an abort stops a list and gives its reason', async () => {
    const h = harness();
    for (const [, read] of reads) {
      const reason = new Error('lease lost');
      const controller = new AbortController();
      const before = h.server.calls.length;
      h.server.failNext({ mode: 'hang' });

      const outcome = expect(read(h.connect({ signal: controller.signal }), h)).rejects.toBe(reason);
      await expect.poll(() => h.server.calls.length).toBe(before + 1);
      controller.abort(reason);

      await outcome;
    }
  });
}

const sorted = <T extends { id: string }>(list: readonly T[]): T[] => [...list].sort((left, right) => left.id.localeCompare(right.id));
