import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { AsanaFake, AsanaProject, AsanaWorld } from '../../test/fakes/asana/index.ts';
import { UnansweredAddress } from '../unanswered-address.ts';
import { olderTickets, type TrackerHost, type TrackerTeam } from './tracker.ts';

const states = { open: 'To do', started: 'In progress', done: 'Done' };
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** A workspace of Asana with one project. Asana makes the secrets of its webhooks and tells each to the address first. */
export function addAsanaProject(fake: AsanaFake, { name, owner, webhooks }: TrackerTeam): TrackerHost {
  const { world } = fake;
  const token = `asana-sandbox-${owner}`;
  const workspace = world.addWorkspace(name);
  world.addAccount({ token, name: `${name} release bot`, workspaces: [workspace] });
  const project = world.addProject({ workspace, name: `${name} shop`, sections: [states.open, states.started, 'In review', states.done] });
  for (const { title, state } of olderTickets) {
    const { gid } = world.addTask({ project: project.gid, name: title });
    world.moveTask(gid, states[state], state === 'done');
  }
  const hooks = () => world.hooks.filter(({ resource }) => resource.gid === project.gid);
  return {
    access: {
      ...{ origin: fake.origin, provider: 'asana', displayName: 'Sandbox Asana', baseUrl: fake.baseUrl },
      credentials: { kind: 'token', token },
      settings: { project: project.gid },
      place: { project: project.gid, issueType: 'Task', completedStatus: 'Done' },
    },
    states,
    all: () =>
      world.tasks
        .filter((task) => sectionOf(task, project) !== undefined)
        .map((task) => ({
          ...{ key: task.gid, title: task.name, status: sectionOf(task, project)?.name ?? '' },
          ...{ labels: task.tags.map((tag) => tag.name), mark: task.external?.gid ?? null },
        })),
    point: async (targets) => {
      for (const { url, secret } of targets) {
        await shakeHands(url);
        for (const hook of hooks().filter(({ target }) => target === url)) world.hooks.splice(world.hooks.indexOf(hook), 1);
        world.addHook({ workspace: workspace.gid, resource: project, target: url, secret, active: true, filters: [] });
      }
    },
    move(gid, to) {
      const task = world.task(gid);
      const [from, wasCompleted] = [sectionOf(task, project), task.completed];
      // Whoever drags it to the last section ticks its box, too.
      world.moveTask(gid, to, to === states.done);
      const happened = { user: null, created_at: new Date().toISOString(), resource: { gid, resource_type: 'task', name: task.name } };
      const inSection = (section: { gid: string } | undefined) => ({ gid: section?.gid ?? '', resource_type: 'section' });
      const events: AsanaEvent[] = [
        { ...happened, action: 'removed', parent: inSection(from) },
        { ...happened, action: 'added', parent: inSection(sectionOf(task, project)) },
        ...(task.completed === wasCompleted
          ? []
          : [{ ...happened, action: 'changed', parent: null, change: { field: 'completed', action: 'changed' } }]),
      ];
      for (const { target, secret, active, filters } of hooks()) {
        const payload = { events: events.filter((event) => passes(event, filters)) };
        if (!active || payload.events.length === 0) continue;
        const signature = createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex');
        const headers = { 'content-type': 'application/json', 'x-hook-signature': signature };
        // Asana's deliveries have no id; this one is for the sandbox's own list.
        webhooks.send(target, { provider: 'asana', event: 'task', deliveryId: randomUUID() }, headers, payload);
      }
    },
  };
}

interface AsanaEvent {
  action: string;
  resource: { gid: string; resource_type: string };
  parent: { gid: string; resource_type: string } | null;
  change?: { field: string; action: string };
}

type AsanaTask = ReturnType<AsanaWorld['task']>;

const sectionOf = (task: AsanaTask, project: AsanaProject) =>
  task.memberships.find((membership) => membership.project === project)?.section;

/** No filter lets everything pass. */
function passes({ action, resource, change }: AsanaEvent, filters: readonly unknown[]): boolean {
  // The fake keeps filters as they were sent to it.
  const asked = filters as { resource_type?: string; action?: string; fields?: string[] }[];
  if (asked.length === 0) return true;
  return asked.some(
    (filter) =>
      (filter.resource_type ?? resource.resource_type) === resource.resource_type &&
      (filter.action ?? action) === action &&
      (filter.fields === undefined || filter.fields.includes(change?.field ?? '')),
  );
}

/** Before there is a hook, the address must give back a secret. */
async function shakeHands(url: string): Promise<void> {
  const secret = randomBytes(32).toString('hex');
  const answer = await fetch(url, {
    ...{ method: 'POST', headers: { 'x-hook-secret': secret }, body: '{}' },
    signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS),
  });
  await answer.body?.cancel();
  if (answer.ok && answer.headers.get('x-hook-secret') === secret) return;
  throw new UnansweredAddress(`the address did not give Asana's handshake secret back, but answered ${answer.status}`);
}
