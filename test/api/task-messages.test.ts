import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Intent } from '../../src/engine/intent.ts';
import { createTaskMessages } from '../../src/services/deliveries/task-messages.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { createNotificationService } from '../../src/services/execution/notification-service.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import type { TaskContext } from '../../src/workers/task-context.ts';
import { preKickOffReminder } from '../../src/workers/tasks/pre-kick-off-reminder.ts';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld } from './messages-world.ts';
import { minutes } from './release-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;
let releaseId: string;
let taskId: string;
let planned = 0;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  world = await messagesWorld(api, slack);
  await plan();
});

async function plan(): Promise<void> {
  planned += 1;
  const platformTargets = [{ platform: 'WEB', target: 'WEB', version: `1.${planned}.0` }];
  releaseId = (await world.create({ platformTargets, kickOffReminderDate: minutes(5), kickOffDate: minutes(10) })).id;
  const tasks = (await world.call('GET', `/${releaseId}/tasks`)).body.items as { id: string; type: string }[];
  taskId = tasks.find(({ type }) => type === 'PRE_KICK_OFF_REMINDER')?.id ?? '';
}

const first: Intent = { repeated: false, since: new Date(), agoMs: 0, value: null };

/** The reminder's handler, as a worker would run it once. */
async function remind(intent = first, messages = createTaskMessages(api.db)) {
  const services = { messages, notifications: createNotificationService(api.db, api.deps.connector) };
  const context = {
    ...{ services, release: await createReleaseSource(api.db).load(releaseId), task: { id: taskId, output: null } },
    ...{ intent: async () => intent, renewIntent: async () => undefined },
  };
  const scope = { signal: new AbortController().signal, assertOurs: () => undefined };
  return inAttempt(scope, () => preKickOffReminder.run(context as unknown as TaskContext));
}
const read = async () => (await world.tenant('GET', `deliveries/${taskId}`)).body;
const replay = (body: object | string = '') => world.tenant('POST', `deliveries/${taskId}/replay`, body);
const told = () => world.shown().filter(({ text }) => text.includes('kickoff at'));
const join = (isMember: boolean) => Object.assign(world.workspace.channels.get(world.channelId) ?? {}, { isMember });

describe('a message that is the work of a task', () => {
  it('is a delivery like any other: listed, read by channel, and sent once more when somebody insists', async () => {
    const outcome = await remind();
    const { items } = (await world.call('GET', `/${releaseId}/deliveries?type=PRE_KICKOFF_REMINDER`)).body;
    const once = told();
    const refused = await replay();
    const insisted = await replay({ force: true });
    await world.send({ id: taskId });

    expect(outcome).toEqual({ kind: 'completed', output: { posted: { [world.channelId]: once[0]?.ts } } });
    expect(items).toMatchObject([{ id: taskId, releaseId, status: 'DONE', failure: null, nextAttemptAt: null }]);
    expect(await read()).toMatchObject({ status: 'DONE', channels: [{ channelId: world.channelId, status: 'POSTED' }] });
    expect([refused.status, insisted.status]).toEqual([409, 202]);
    expect([once.length, told().length]).toEqual([1, 2]);
    expect(told()[1]?.text).toBe(once[0]?.text);
  });

  it("says what a channel refused; whoever sends it again does the task's work, which waits for that and posts nothing", async () => {
    join(false);
    await expect(remind()).rejects.toMatchObject({ name: 'ProviderError', kind: 'forbidden' });
    const refused = await read();
    join(true);
    await replay();
    await expect(remind()).rejects.toMatchObject({ kind: 'unavailable', message: 'The message is being sent again.' });
    await world.send({ id: taskId });

    expect(await remind({ ...first, repeated: true, agoMs: 600_000 })).toMatchObject({ kind: 'completed' });

    expect(refused).toMatchObject({ status: 'FAILED', failure: { kind: 'forbidden' }, channels: [{ status: 'FAILED' }] });
    expect(refused.attempts).toHaveLength(1);
    expect(await read()).toMatchObject({ status: 'DONE', failure: null });
    expect(told()).toHaveLength(1);
  });

  it('is kept when the worker died between posting and keeping it, and is posted once', async () => {
    const messages = createTaskMessages(api.db);
    const dies = { ...messages, keep: () => Promise.reject(new Error('killed')) };
    await expect(remind(first, dies)).rejects.toThrow('killed');

    await remind({ ...first, repeated: true, agoMs: 600_000 });

    expect(await read()).toMatchObject({ status: 'DONE', channels: [{ status: 'POSTED' }] });
    expect(told()).toHaveLength(1);
  });

  it('goes nowhere where no channel is named for it, and says so', async () => {
    await world.setChannels({ critical: [world.channelId] });
    await plan();

    expect(await remind()).toMatchObject({ kind: 'completed', output: { posted: {} } });

    expect(await read()).toMatchObject({ status: 'SKIPPED', skippedBecause: expect.stringContaining('names no channel for releases') });
  });
});

it('a message that arrived although its last answer was lost is not posted again by whoever sends it again', async () => {
  await remind();
  const [message] = told();
  Object.assign(message ?? {}, { ts: (Number(message?.ts) - 3600).toFixed(6) });
  await api.db.run(
    `UPDATE deliveries SET status = 'FAILED', posted = NULL, outcomes = NULL, created_at = created_at - INTERVAL 1 HOUR WHERE id = ?`,
    [taskId],
  );

  expect((await replay()).status).toBe(202);
  await world.send({ id: taskId });

  expect(await read()).toMatchObject({ status: 'DONE' });
  expect(told()).toHaveLength(1);
});
