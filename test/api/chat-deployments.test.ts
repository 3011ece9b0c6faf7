import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type DeploymentChat, deploymentChat } from './chat-deployment-world.ts';
import { type ChatPerson, type ChatWorld, chatWorld, labels } from './chat-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** What deployments ask people for, asked and answered in a chat. */

const GATE = 'DEPLOYMENT_APPROVAL_REQUEST';
const STEP = 'DEPLOYMENT_PROMOTION_REQUEST';
const EVIDENCE = 'DEPLOYMENT_EVIDENCE_REQUEST';

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let chat: DeploymentChat;
let rita: ChatPerson;
let sam: ChatPerson;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
  chat = await deploymentChat(api, world);
  rita = await world.bind(await world.person('release-manager', 'Rita'));
  sam = await world.bind(await world.person('release-manager', 'Sam'));
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(() => {
  for (const channel of world.workspace.channels.values()) channel.whispers = [];
});

const words = (deploymentId: string) =>
  api.db.rows<{ decision: string; by: string }>(
    'SELECT a.decision, c.display_name AS `by` FROM approvals a JOIN accounts c ON c.id = a.account_id WHERE a.release_id = ? ORDER BY a.id',
    [deploymentId],
  );

describe('the request to approve a deployment', () => {
  it('is one message: who said what, wherever they said it, and no buttons once it is decided', async () => {
    const { id, look } = await chat.gated();
    const asked = structuredClone(await chat.message(id, GATE));
    const shownBefore = world.shown().length;

    await world.press(rita, 'deployment.approve', await chat.message(id, GATE));
    await look();
    const half = readable(await chat.message(id, GATE));
    const answer = await chat.call('POST', `${id}/approve`, sam.token);
    await chat.message(id, GATE);
    expect([answer.status, await look()]).toEqual([201, 'completed']);
    const decided = await chat.message(id, GATE);

    expect(labels(asked)).toEqual(['Approve', 'Reject']);
    expect(readable(asked)).toMatch(/shop \w+ waits for approval to be deployed to live/);
    expect(readable(asked)).toContain('2 approvals are needed');
    expect(half).toContain('Approved by Rita (1 of 2)');
    expect(world.told(rita)).toEqual(['You approved it: 1 of 2.']);
    expect(readable(decided)).toMatch(/the deployment of shop \w+ to live is approved/);
    expect(readable(decided)).toContain('Approved by Sam (2 of 2)');
    expect(labels(decided)).toEqual([]);
    expect(world.shown()).toHaveLength(shownBefore);
  });

  it('takes a rejection, which is told from the API’s by where it was said', async () => {
    const { id, look } = await chat.gated();

    await world.press(rita, 'deployment.reject', await chat.message(id, GATE));

    expect(await words(id)).toEqual([{ decision: 'REJECTED', by: 'Rita' }]);
    expect(await look()).toBe('waiting');
    const message = await chat.message(id, GATE);
    expect(readable(message)).toContain('Rejected by Rita');
    expect(labels(message)).toEqual(['Approve', 'Reject']);
    const via = await api.db.rows(
      `SELECT i.value_after AS via FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND h.entity_type = 'approval' AND i.field = 'via'`,
      [id],
    );
    expect(via).toEqual([{ via: 'slack' }]);
  });

  it('twice pressed counts once, and keeps the comment given before', async () => {
    const { id } = await chat.gated();
    await chat.call('POST', `${id}/approve`, rita.token, { comment: 'Tried it.' });

    await world.press(rita, 'deployment.approve', await chat.message(id, GATE));

    const rows = await api.db.rows('SELECT decision, comment FROM approvals WHERE release_id = ?', [id]);
    expect(rows).toEqual([{ decision: 'APPROVED', comment: 'Tried it.' }]);
  });

  it('refuses strangers, those who may not, whoever asked for it, and says why to them alone', async () => {
    const { id } = await chat.gated();
    const message = await chat.message(id, GATE);
    const eve = await world.person('release-manager', 'Eve');
    const vic = await world.bind(await world.person('viewer', 'Vic'));
    const own = await world.bind(await world.person('owner', 'Uma'));
    await api.db.run('UPDATE deployments SET requested_by_account_id = ? WHERE id = ?', [own.accountId, id]);

    for (const person of [eve, vic, own]) await world.press(person, 'deployment.approve', message);

    expect(await words(id)).toEqual([]);
    expect(world.told(eve)).toEqual([expect.stringContaining('me/chat-identities')]);
    expect(world.told(eve)[0]).not.toMatch(/DEP-|shop/);
    expect(world.told(vic)).toEqual([expect.stringContaining('deployment:approve')]);
    expect(world.told(own)).toEqual(['Whoever asked for the deployment may not approve it.']);
    expect(world.told(rita)).toEqual([]);
  });

  it('refuses presses on another gate, on another plan, and on a gate that is decided, as releases do', async () => {
    const { id, gateId } = await chat.gated();
    const message = structuredClone(await chat.message(id, GATE));
    const pressOf = (change: (value: string) => string) => {
      const blocks = JSON.parse(
        JSON.stringify(message.blocks ?? []).replaceAll(new RegExp(`${id}:${gateId}:[0-9a-f]{64}`, 'g'), (value) => change(value)),
      );
      return world.press(
        rita,
        'deployment.approve',
        world.workspace.add(world.channelId, { user: world.workspace.botUserId, text: 'x', blocks }),
      );
    };

    await pressOf((value) => value.replace(gateId, id));
    await pressOf((value) => value.replace(/[0-9a-f]{64}$/, 'f'.repeat(64)));
    await api.db.run(`UPDATE tasks SET status = 'COMPLETED', wait_reason = NULL, run_at = NULL, fence = fence + 1 WHERE id = ?`, [gateId]);
    await pressOf((value) => value);

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([
      expect.stringContaining('another gate'),
      expect.stringContaining('a newer candidate'),
      expect.stringMatching(/The gate of DEP-\d+ is COMPLETED: it takes approvals only while it waits for them\./),
    ]);
  });

  it('loses its buttons when the deployment is cancelled, and a late press is refused', async () => {
    const { id, plan } = await chat.gated();
    const stale = structuredClone(await chat.message(id, GATE));
    await chat.call('POST', `${id}/cancel`, rita.token, { reason: 'wrong version' });
    await plan();

    const message = await chat.message(id, GATE);
    const late = world.workspace.add(world.channelId, { user: world.workspace.botUserId, text: 'x', blocks: stale.blocks ?? [] });
    await world.press(rita, 'deployment.approve', late);

    expect(labels(message)).toEqual([]);
    expect(readable(message)).toContain('is not asked about any more');
    expect(world.told(rita)).toEqual([expect.stringContaining('it has ended')]);
  });

  it('loses its buttons when nobody came in time and the deployment has failed', async () => {
    const { id, expire, plan } = await chat.gated();
    await chat.message(id, GATE);
    await expire();
    await chat.message(id, GATE);
    await plan();

    const message = await chat.message(id, GATE);

    expect([labels(message), readable(message)]).toEqual([[], expect.stringContaining('is not asked about any more')]);
  });

  it('keeps its answers and buttons in the words of a tenant', async () => {
    const template = `notification-templates/${GATE}`;
    const put = await world.tenant('PUT', template, { headline: 'Please look at {{deployment.app}}', body: '{{quorum}} of you, please.' });
    const { id } = await chat.gated();
    await world.press(rita, 'deployment.approve', await chat.message(id, GATE));
    const message = await chat.message(id, GATE);
    await world.tenant('DELETE', template);

    expect(put.status, put.text).toBeLessThan(300);
    expect(readable(message)).toContain('2 of you, please.');
    expect(readable(message)).toContain('Approved by Rita (1 of 2)');
    expect(labels(message)).toEqual(['Approve', 'Reject']);
  });
});

const canary: Strategy = {
  ...{ kind: 'canary', background: null, drainMs: 0 },
  steps: [
    { do: 'set-weight', percent: 10 },
    { do: 'pause', forMs: null },
    { do: 'set-weight', percent: 50 },
    { do: 'pause', forMs: null },
  ],
};
const blueGreen: Strategy = { kind: 'blue-green', prePromotion: null, promotion: 'manual', postPromotion: null, drainMs: 30_000 };

describe('the request to go on with a rollout', () => {
  it('of a canary is answered by advancing it, says who did, and asks anew at the next step', async () => {
    const { id, rollout, stands } = await chat.onStep(canary, 1);
    const asked = structuredClone(await chat.message(id, STEP));

    await world.press(rita, 'rollout.advance', await chat.message(id, STEP));
    const wish = await rollout();
    const pressed = structuredClone(await chat.message(id, STEP));
    await stands({ step: 3 });
    const [first, second] = (await world.rows(id)).filter(({ type }) => type === STEP);
    if (first === undefined || second === undefined) throw new Error('nobody was asked anew');
    await world.send(first);
    const decided = world.shown().find(({ ts }) => ts === asked.ts);
    const anew = await chat.message(id, STEP);

    expect(labels(asked)).toEqual(['Advance', 'Abort']);
    expect(readable(asked)).toContain('web 2.0.0 waits for a person to advance it in live');
    expect(readable(asked)).toContain('2 of 5');
    expect(wish).toMatchObject({ wanted: 'RUN', advanced: 1 });
    expect(world.told(rita)).toEqual(['You advanced it: it goes on to its next step.']);
    expect([labels(pressed), readable(pressed)]).toEqual([[], expect.stringContaining('Advanced by Rita')]);
    expect(decided === undefined ? '' : readable(decided)).toContain('web 2.0.0 in live goes on');
    expect(anew.ts).not.toBe(asked.ts);
    expect(labels(anew)).toEqual(['Advance', 'Abort']);
    expect(readable(anew)).not.toContain('Advanced by');
  });

  it('of blue-green is answered by promoting it', async () => {
    const { id, rollout } = await chat.onStep(blueGreen, 0);
    const message = await chat.message(id, STEP);

    expect(labels(message)).toEqual(['Promote', 'Abort']);
    await world.press(rita, 'rollout.promote', message);

    expect(await rollout()).toMatchObject({ wanted: 'PROMOTE' });
    expect(readable(await chat.message(id, STEP))).toContain('Promoted by Rita');
  });

  it('is answered by aborting it, however that is said, and then has no buttons', async () => {
    const { id, serviceId, rollout, stands } = await chat.onStep(canary, 1);
    await chat.message(id, STEP);
    await chat.call('POST', `${id}/rollouts/${serviceId}/abort`, sam.token, { reason: 'Too slow' });
    const wish = await rollout();
    await stands({ step: 1, status: 'ABORTING', pauseReason: null });

    const message = await chat.message(id, STEP);

    expect(wish).toMatchObject({ wanted: 'ABORT' });
    expect(readable(message)).toContain('web 2.0.0 in live is taken back');
    expect(readable(message)).toContain('Aborted by Sam');
    expect(labels(message)).toEqual([]);
  });

  it('refuses strangers, those who may not, and presses on a step that it has left', async () => {
    const { id, rollout, stands } = await chat.onStep(canary, 1);
    const message = await chat.message(id, STEP);
    const stale = world.workspace.add(world.channelId, {
      ...{ user: world.workspace.botUserId, text: 'x' },
      blocks: structuredClone(message.blocks ?? []),
    });
    const eve = await world.person('release-manager', 'Eva');
    const vic = await world.bind(await world.person('viewer', 'Vincent'));
    for (const person of [eve, vic]) await world.press(person, 'rollout.advance', message);
    await stands({ step: 3 });

    await world.press(rita, 'rollout.advance', stale);
    await world.press(rita, 'rollout.abort', stale);

    expect(await rollout()).toEqual({ wanted: 'RUN', advanced: 0, step: 3 });
    expect(world.told(eve)).toEqual([expect.stringContaining('me/chat-identities')]);
    expect(world.told(vic)).toEqual([expect.stringContaining('deployment:approve')]);
    expect(world.told(rita)).toEqual(
      Array(2).fill(expect.stringContaining('on another step by now: what you were shown is not asked about')),
    );
  });

  it('has no buttons while something else holds it, has them again afterwards, and none once the deployment turns round', async () => {
    const { id, rollout, stands, plan } = await chat.onStep(canary, 1);
    const { blocks = [] } = structuredClone(await chat.message(id, STEP));
    await stands({ step: 1, pauseReason: 'manual' });
    const held = structuredClone(await chat.message(id, STEP));
    await world.press(rita, 'rollout.advance', world.workspace.add(world.channelId, { user: 'U', text: 'x', blocks }));
    const wish = await rollout();
    await stands({ step: 1 });
    const free = labels(await chat.message(id, STEP));
    await chat.call('POST', `${id}/cancel`, rita.token, { reason: 'wrong version' });
    await plan();

    const over = await chat.message(id, STEP);

    expect([labels(held), readable(held)]).toEqual([[], expect.stringContaining('something else holds it')]);
    expect(wish).toMatchObject({ wanted: 'RUN', advanced: 0 });
    expect(world.told(rita)).toEqual([expect.stringContaining('waits for something else by now')]);
    expect(free).toEqual(['Advance', 'Abort']);
    expect([labels(over), readable(over)]).toEqual([[], expect.stringContaining('is not asked about any more')]);
  });
});

describe('the request to go on without evidence', () => {
  const since = Date.parse('2026-11-20T10:00:00.000Z');
  const lacking = { step: 1, pauseReason: 'inconclusive', lackingSince: since } as const;

  it('says what is lacking and until when, and is answered by going on', async () => {
    const { id, rollout, stands } = await chat.onStep(canary, 1);
    await stands(lacking);
    const asked = structuredClone(await chat.message(id, EVIDENCE));
    const step = structuredClone(await chat.message(id, STEP));

    await world.press(rita, 'rollout.advance', await chat.message(id, EVIDENCE));
    const wish = await rollout();
    const pressed = readable(await chat.message(id, EVIDENCE));
    await stands({ step: 3 });
    const decided = await chat.message(id, EVIDENCE);

    expect(labels(asked)).toEqual(['Advance', 'Abort']);
    expect(readable(asked)).toContain('there is no evidence about web 2.0.0 in live');
    expect(readable(asked)).toContain('nothing was measured');
    expect(readable(asked)).toContain('2026-11-20 10:10 UTC');
    expect([labels(step), readable(step)]).toEqual([[], expect.stringContaining('something else holds it')]);
    expect(wish).toMatchObject({ wanted: 'RUN', advanced: 1 });
    expect(world.told(rita)).toEqual(['You advanced it: it goes on to its next step.']);
    expect(pressed).toContain('Advanced by Rita');
    expect([labels(decided), readable(decided)]).toEqual([[], expect.stringContaining('web 2.0.0 in live goes on')]);
  });

  it('is answered by aborting it', async () => {
    const { id, rollout, stands } = await chat.onStep(canary, 1);
    await stands(lacking);

    await world.press(rita, 'rollout.abort', await chat.message(id, EVIDENCE));
    const wish = await rollout();
    await stands({ step: 1, status: 'ABORTING', pauseReason: null });
    const message = await chat.message(id, EVIDENCE);

    expect(wish).toMatchObject({ wanted: 'ABORT' });
    expect(readable(message)).toContain('web 2.0.0 in live is taken back');
    expect(readable(message)).toContain('Aborted by Rita');
    expect(labels(message)).toEqual([]);
  });

  it('is one for each time that evidence is lacking, and a word on one is none on another, nor on the step', async () => {
    const { id, rollout, stands } = await chat.onStep(canary, 1);
    await stands(lacking);
    const { blocks = [] } = structuredClone(await chat.message(id, EVIDENCE));
    const late = () =>
      world.workspace.add(world.channelId, { user: world.workspace.botUserId, text: 'x', blocks: structuredClone(blocks) });
    await stands({ step: 1, status: 'PROGRESSING', pauseReason: null });
    await stands({ ...lacking, lackingSince: since + 60_000 });

    await world.press(rita, 'rollout.advance', late());
    await stands({ step: 1 });
    await world.press(rita, 'rollout.advance', late());

    const requests = (await world.rows(id)).filter(({ type }) => type === EVIDENCE);
    expect(requests).toHaveLength(2);
    expect(await rollout()).toMatchObject({ wanted: 'RUN', advanced: 0 });
    expect(world.told(rita)).toEqual(Array(2).fill(expect.stringContaining('waits for something else by now')));
  });

  it('loses its buttons when the deployment is cancelled', async () => {
    const { id, stands, plan } = await chat.onStep(canary, 1);
    await stands(lacking);
    const before = labels(await chat.message(id, EVIDENCE));
    await chat.call('POST', `${id}/cancel`, rita.token, { reason: 'wrong version' });
    await plan();

    const message = await chat.message(id, EVIDENCE);

    expect(before).toEqual(['Advance', 'Abort']);
    expect([labels(message), readable(message)]).toEqual([[], expect.stringContaining('is not asked about any more')]);
  });
});
