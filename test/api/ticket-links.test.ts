import { afterAll, beforeAll, expect, it } from 'vitest';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { createTicketService } from '../../src/services/execution/ticket-service.ts';
import { linkTickets } from '../../src/workers/link-tickets.ts';
import { type BlockersWorld, openBlockersWorld } from './blockers-world.ts';

/** The tickets of a release lead to what was published of it. */

let of: BlockersWorld;
beforeAll(async () => {
  of = await openBlockersWorld();
});
afterAll(() => of?.close());

const link = { url: 'https://git.example/acme/app/releases/v9.0.0', title: 'Release notes of v9.0.0' };

async function linked(ticketKey: string, times = 1) {
  const releaseId = await of.release();
  await of.api.db.run('UPDATE platform_releases SET ticket_key = ? WHERE release_id = ?', [ticketKey, releaseId]);
  const release = await createReleaseSource(of.api.db).load(releaseId);
  const services = { tickets: createTicketService(of.api.db, of.api.deps.connector) };
  const scope = { signal: AbortSignal.timeout(20_000), assertOurs: () => undefined };
  const outcomes = [];
  for (let time = 0; time < times; time += 1) outcomes.push(await inAttempt(scope, () => linkTickets({ release, services }, link)));
  return outcomes;
}

const linksOf = (key: string) => of.jira.world.issue(key).links.map(({ object: { url, title } }) => ({ url, title }));

it('each ticket gets the link, once however often its task runs', async () => {
  const key = of.ticket('Release 9');

  const outcomes = await linked(key, 2);

  expect(outcomes).toEqual([[{ key, linked: true, why: null }], [{ key, linked: true, why: null }]]);
  expect(linksOf(key)).toEqual([link]);
});

it('a lost answer is told and linked by the next run, once', async () => {
  const key = of.ticket('Release 10');
  of.jira.failNext({ match: { method: 'POST', path: /remotelink/ }, mode: 'drop-after' });

  const [first, second] = await linked(key, 2);

  expect(first).toMatchObject([{ key, linked: false, why: expect.stringContaining('jira') }]);
  expect(second).toEqual([{ key, linked: true, why: null }]);
  expect(linksOf(key)).toEqual([link]);
});

it('a ticket that is gone is told, and nothing else goes wrong', async () => {
  expect(await linked('APP-99999')).toMatchObject([[{ key: 'APP-99999', linked: false, why: expect.any(String) }]]);
});
