import { createHmac, randomInt, randomUUID } from 'node:crypto';
import type { ClickupFake } from '../../test/fakes/clickup/index.ts';
import { olderTickets, type TrackerHost, type TrackerTeam } from './tracker.ts';

const states = { open: 'to do', started: 'in progress', done: 'complete' };
const statuses = [
  { status: states.open, type: 'open' },
  { status: states.started, type: 'custom' },
  { status: 'in review', type: 'custom' },
  { status: states.done, type: 'closed' },
];
/** ClickUp's number for the role. */
const MEMBER = 3;
/** A move is told as both of them. */
const EVENTS = ['taskStatusUpdated', 'taskUpdated'];

/** A Workspace of ClickUp with one List. ClickUp makes the secrets of its webhooks. */
export function addClickupList(fake: ClickupFake, { name, owner, webhooks }: TrackerTeam): TrackerHost {
  const { world } = fake;
  const bot = world.addUser({ username: `${name} release bot`, token: `pk_sandbox_${owner}` });
  const team = world.addTeam(name, [[bot, MEMBER]]);
  const list = world.addList(world.addSpace(team, `${name} shop`), 'Releases', statuses);
  for (const { title, state } of olderTickets) world.addTask(list, { name: title, status: states[state] });
  const statusNamed = (wanted: string) => statuses.find(({ status }) => status === wanted) ?? unknown(wanted);
  return {
    access: {
      ...{ origin: fake.origin, provider: 'clickup', displayName: 'Sandbox ClickUp', baseUrl: `${fake.origin}/api/v2` },
      credentials: { token: bot.token },
      settings: { teamId: team.id },
      place: { project: list.id, issueType: 'Task', completedStatus: states.done },
    },
    states,
    all: () =>
      [...world.tasks.values()]
        .filter((task) => task.list === list)
        .map(({ id, name: title, status, tags }) => ({
          ...{ key: id, title, status, labels: tags },
          mark: tags.find((tag) => tag.startsWith('signalbox-')) ?? null,
        })),
    point: async (targets) => {
      for (const { url, secret } of targets) {
        for (const hook of world.hooks.values()) if (hook.team === team && hook.endpoint === url) world.hooks.delete(hook.id);
        world.addHook({ owner: bot, team, endpoint: url, events: EVENTS, secret });
      }
    },
    move(id, to) {
      const task = world.task(id);
      const [before, after] = [statusNamed(task.status), statusNamed(to)];
      task.status = after.status;
      const change = {
        ...{ id: String(randomInt(2 ** 47)), type: 1, date: String(Date.now()), field: 'status' },
        ...{ parent_id: list.id, data: { status_type: after.type }, source: null, user: { id: bot.id }, before, after },
      };
      const watching = [...world.hooks.values()].filter(
        (hook) => hook.team === team && hook.status === 'active' && (hook.listId === null || String(hook.listId) === list.id),
      );
      for (const { id: webhookId, endpoint, secret, events } of watching) {
        for (const event of EVENTS.filter((each) => events.includes(each))) {
          const payload = { event, history_items: [change], task_id: id, webhook_id: webhookId };
          const signature = createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex');
          const headers = { 'content-type': 'application/json', 'x-signature': signature };
          // ClickUp's deliveries have no id; this one is for the sandbox's own list.
          webhooks.send(endpoint, { provider: 'clickup', event, deliveryId: randomUUID() }, headers, payload);
        }
      }
    },
  };
}

function unknown(status: string): never {
  throw new Error(`the List has no status "${status}"`);
}
