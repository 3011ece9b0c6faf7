import { createHmac, randomUUID } from 'node:crypto';
import type { JiraFake } from '../../test/fakes/jira/index.ts';
import type { WebhookTarget } from '../webhooks.ts';
import { olderTickets, type TrackerHost, type TrackerTeam } from './tracker.ts';

const states = { open: 'To Do', started: 'In Progress', done: 'Done' };

const ways = [
  { name: 'Start', from: ['To Do'], to: 'In Progress' },
  { name: 'Review', from: ['In Progress'], to: 'In Review' },
  { name: 'Finish', from: '*' as const, to: 'Done' },
  { name: 'Reopen', from: ['Done'], to: 'To Do' },
];

/** A team's project of a Jira Cloud that everybody shares. Its webhooks are an administrator's work: Signalbox cannot set them up. */
export function addJiraProject(fake: JiraFake, { name, owner, key: project, webhooks }: TrackerTeam): TrackerHost {
  const { world } = fake;
  const [email, apiToken] = [`release-bot@${owner}.example`, `atatt-sandbox-${owner}`];
  const account = world.addAccount({ email, token: apiToken, displayName: 'Release bot' });
  world.addProject({ key: project, name: `${name} shop`, members: [account], transitions: ways });
  for (const { title, type, state } of olderTickets) world.addTicket({ project, title, type, status: states[state] });
  let targets: readonly WebhookTarget[] = [];
  return {
    access: {
      ...{ origin: fake.origin, provider: 'jira', displayName: 'Sandbox Jira', baseUrl: fake.origin },
      credentials: { kind: 'cloud', email, apiToken },
      settings: { projectKey: project },
      place: { project, issueType: 'Task', completedStatus: 'Done' },
    },
    states,
    all: () =>
      world
        .tickets()
        .filter((issue) => issue.project.key === project)
        .map(({ key, summary, status, labels }) => ({
          ...{ key, title: summary, status, labels },
          mark: labels.find((label) => label.startsWith('signalbox-')) ?? null,
        })),
    point: async (wanted) => {
      targets = wanted;
    },
    move(key, to) {
      const { id, summary, status: from } = world.issue(key);
      world.setStatus(key, to);
      const payload = {
        ...{ timestamp: Date.now(), webhookEvent: 'jira:issue_updated', issue_event_type_name: 'issue_generic' },
        issue: { id, key, fields: { summary, status: { name: to } } },
        changelog: { id: `${id}${to.length}`, items: [{ field: 'status', fieldtype: 'jira', fromString: from, toString: to }] },
      };
      for (const { url, secret } of targets) {
        const deliveryId = randomUUID();
        const delivery = { provider: 'jira', event: payload.webhookEvent, deliveryId } as const;
        webhooks.send(url, delivery, signedHeaders(secret, deliveryId, JSON.stringify(payload)), payload);
      }
    },
  };
}

/** As Jira signs: WebSub's header over the raw body. */
function signedHeaders(secret: string, deliveryId: string, body: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Atlassian Webhook HTTP Client',
    'x-atlassian-webhook-identifier': deliveryId,
    'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}
