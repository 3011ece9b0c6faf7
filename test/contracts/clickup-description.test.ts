import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clickupIssueTracker } from '../../src/integrations/providers/clickup/issue-tracker.ts';
import { verifyClickup } from '../../src/integrations/providers/clickup/verify.ts';
import { clickupWebhookRegistrar } from '../../src/integrations/providers/clickup/webhook-registrar.ts';
import { all } from './adapter-harness.ts';
import { clickupSetup, connectionTo } from './clickup-harness.ts';
import { providerError } from './contract-case.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** Left out of the copy at hand. */
const notAtHand = (path: string) => /\/(custom_item|member|tag)$|\/comment\/[^/]+$/.test(path);

/**
 * Where the description is wrong: it knows no refusals; tags and assignees of a task are objects, as it says itself of a single task; nobody
 * need be assigned to a comment; Folders are a list; and `null` fits two of the three forms that it gives to status and priority of a List.
 */
const mistakes = [
  /^[45]\d\d is not described/,
  /^(\/tasks\/\d+)?\/(tags|assignees)\/\d+ must be string$/,
  /^\/comments\/\d+\/assign(ee|ed_by) must be object$/,
  /^\/folders must be object$/,
  /^\/lists\/\d+\/(status|priority) must (be object|match exactly one schema in oneOf)$/,
];
const isMistaken = (complaint: string) => mistakes.some((mistake) => mistake.test(complaint));

describe("clickup against the vendor's description", () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('clickup');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits, and every answer of the fake', async ({ skip }) => {
    if (!peer) return skip('the API descriptions are not available here');
    const calls = (await callsOfARelease()).filter(({ path }) => !notAtHand(path));

    for (const call of calls) {
      const headers = { authorization: String(call.headers.authorization), 'content-type': String(call.headers['content-type'] ?? '') };
      const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
      await fetch(`${peer.origin}${call.path}?${call.query}`, { method: call.method, headers, ...body });
    }
    const misfits = calls.flatMap(({ method, path, status, answer }) => {
      const wrong = peer?.checkResponse(method, path, status, answer)?.filter((complaint) => !isMistaken(complaint));
      return wrong && wrong.length > 0 ? [{ call: `${method} ${path} ${status}`, wrong }] : [];
    });

    expect(calls.length).toBeGreaterThan(20);
    expect(peer.violations).toEqual([]);
    expect(misfits).toEqual([]);
  });
});

/** What the adapter asks the fake in the course of a release, with the answers. */
async function callsOfARelease() {
  const { fake, bot, team, list, connection, deps } = await clickupSetup();
  try {
    team.prefix = 'REL';
    const tracker = clickupIssueTracker(connection, deps());
    const registrar = clickupWebhookRegistrar(connection, deps());
    const url = 'https://signalbox.example.com/hook';
    const ticket = { project: list.id, type: 'Task', title: 'Release', description: 'Text', labels: ['release'], marker: 'm-1' };

    expect(await verifyClickup(connection, deps())).toMatchObject({ ok: true });
    const { key } = await tracker.ensureTicket({ ...ticket, assignee: String(bot.id), priority: 'low' });
    await tracker.ensureTicket({ ...ticket, parent: key, marker: 'm-2' });
    await tracker.setStatus(key, 'complete');
    await tracker.ticket('86nosuchtask');
    for (const marker of ['a', 'b', 'c', 'd', 'e', 'f', 'a']) await tracker.ensureComment(key, { text: 'Text', marker });
    await tracker.ensureLink(key, { url: 'https://example.com', title: 'Page' });
    await all(tracker.ticketsOfVersion({ project: list.id, version: '4.2.0' }));
    await all(tracker.projects());
    await tracker.statuses(list.id);
    await registrar.ensureHook({ url, secret: 'ours' });
    await registrar.ensureHook({ url, secret: 'rotated' });
    await registrar.removeHook(url);
    await providerError(clickupIssueTracker(connectionTo(fake.origin, {}, 'pk_wrong_token'), deps()).ensureTicket(ticket));
    return [...fake.calls];
  } finally {
    await fake.close();
  }
}
