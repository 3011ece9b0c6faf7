import { createHmac, randomUUID } from 'node:crypto';
import type { LinearFake, LinearTeam } from '../../test/fakes/linear/index.ts';
import { olderTickets, type TrackerHost, type TrackerTeam } from './tracker.ts';

const states = { open: 'Todo', started: 'In Progress', done: 'Done' };

/** A workspace of Linear with one team. Webhooks are the workspace's own, whoever set them up. */
export function addLinearTeam(fake: LinearFake, { name, owner, key, webhooks }: TrackerTeam): TrackerHost {
  const { world } = fake;
  const apiKey = `lin_api_sandbox_${owner}`;
  const workspace = world.addWorkspace(owner);
  const bot = world.addUser(workspace, { name: 'Release bot', admin: true, token: { kind: 'api-key', value: apiKey } });
  const team = world.addTeam(workspace, { key, name: `${name} shop`, members: [bot] });
  for (const { title, state } of olderTickets) world.addIssue(team, { title, state: stateNamed(team, states[state]) });
  const issues = () => world.issues.filter((issue) => issue.team === team);
  const hooks = () => world.hooks.filter((hook) => hook.workspace === workspace);
  return {
    access: {
      ...{ origin: fake.origin, provider: 'linear', displayName: 'Sandbox Linear', baseUrl: fake.origin },
      credentials: { apiKey },
      settings: { team: key },
      place: { project: key, issueType: 'Issue', completedStatus: 'Done' },
    },
    states,
    all: () =>
      issues().map((issue) => ({
        ...{ key: issue.identifier, title: issue.title, status: issue.state.name, labels: issue.labels.map((label) => label.name) },
        // Signalbox finds it by an id that it chose.
        mark: issue.id,
      })),
    point: async (targets) => {
      for (const { url, secret } of targets) {
        for (const { id } of hooks().filter((hook) => hook.url === url)) world.removeHook(id);
        world.addHook(workspace, { url, secret, resourceTypes: ['Issue'], allPublicTeams: false, team });
      }
    },
    move(identifier, to) {
      const before = world.issue(identifier).state;
      world.setState(identifier, to);
      const { id, title, state, previousIdentifiers } = world.issue(identifier);
      const at = new Date().toISOString();
      const watching = hooks().filter((hook) => hook.enabled && hook.resourceTypes.includes('Issue') && (hook.team ?? team) === team);
      for (const { id: webhookId, url, secret } of watching) {
        const payload = {
          ...{ action: 'update', type: 'Issue', createdAt: at, organizationId: workspace.id, webhookTimestamp: Date.now(), webhookId },
          data: {
            ...{ id, identifier, previousIdentifiers, title, updatedAt: at, teamId: team.id, stateId: state.id },
            state: { id: state.id, name: state.name, type: state.type },
          },
          updatedFrom: { stateId: before.id },
        };
        const deliveryId = randomUUID();
        const signature = createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex');
        const headers = {
          ...{ 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Linear-Webhook' },
          ...{ 'linear-delivery': deliveryId, 'linear-event': 'Issue', 'linear-signature': signature },
        };
        webhooks.send(url, { provider: 'linear', event: 'Issue.update', deliveryId }, headers, payload);
      }
    },
  };
}

function stateNamed(team: LinearTeam, name: string) {
  const state = team.states.find((each) => each.name === name);
  if (state === undefined) throw new Error(`team ${team.key} has no state ${name}`);
  return state;
}
