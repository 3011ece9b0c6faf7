import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { createJiraFake, type JiraFake } from '../fakes/jira/index.ts';
import { allScopes, createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { fieldsOf, workflow } from './config-parts-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** `?verify=true`: whether what a release config names exists at its providers, which nothing else asks. */

const TOKENS = {
  github: 'ghp_token-of-the-verify-test',
  jira: 'jira-verify-secret',
  checkmate: 'checkmate-verify-secret',
  slack: 'xoxb-1-verify-secret',
};
let api: ApiHarness;
let github: GithubFake;
let jira: JiraFake;
let checkmate: CheckmateFake;
let slack: SlackFake;
let tenant: { tenantId: string; token: string };
let right: Record<string, unknown> & ReturnType<typeof parts>;
let found: { channel: string; project: string; section: string };
const ids: Record<string, string> = {};

beforeAll(async () => {
  [api, github, jira, checkmate, slack] = await Promise.all([
    ...([startApi(), createGithubFake(), createJiraFake(), createCheckmateFake(), createSlackFake()] as const),
  ]);
  const repository = github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKENS.github] });
  repository.addWorkflow({ path: '.github/workflows/build.yml', content: 'on: workflow_dispatch', name: 'Build' });
  const account = jira.world.addAccount({ token: TOKENS.jira, displayName: 'Bot' });
  jira.world.addProject({ key: 'APP', name: 'App', members: [account] });
  checkmate.world.addUser({ token: TOKENS.checkmate });
  const project = checkmate.world.addProject({ projectName: 'Shop', tests: [{}] }).projectId;
  const section = checkmate.world.addSection(project, 'Web');
  const channel = slack.addWorkspace({ token: TOKENS.slack, scopes: allScopes }).addChannel({ name: 'releases' }).id;
  found = { channel, project: String(project), section: String(section) };
  tenant = await api.tenant();
  const repo = { credentials: { token: TOKENS.github }, settings: { owner: 'acme', repo: 'app' } };
  await connect('scm', 'github', github.origin, repo);
  await connect('ci-cd', 'github', github.origin, repo);
  await connect('project-management', 'jira', jira.origin, { credentials: { kind: 'server', token: TOKENS.jira } });
  await connect('test-management', 'checkmate', checkmate.origin, { credentials: { token: TOKENS.checkmate } });
  await connect('communication', 'slack', slack.baseUrl, { credentials: { botToken: TOKENS.slack } });
  right = {
    ...{ name: 'App', releaseType: 'MINOR', baseBranch: 'main', scmIntegrationId: ids.scm },
    platformTargets: [{ platform: 'WEB', target: 'WEB' }],
    ...parts(),
  };
});
beforeEach(() => {
  for (const fake of [github, slack, jira]) fake.clearFaults();
});
afterAll(() => Promise.all([api?.close(), github?.close(), jira?.close(), checkmate?.close(), slack?.close()]));

const at = (method: string, path: string, body: unknown) =>
  api.request(method, `/api/v1/tenants/${tenant.tenantId}/${path}`, { token: tenant.token, body });

async function connect(category: string, provider: string, baseUrl: string, form: object): Promise<void> {
  const body = { provider, displayName: category, baseUrl, ...form };
  const answer = await at('POST', `integrations/${category}?verify=false`, body);
  expect(answer.status, answer.text).toBe(201);
  ids[category] = answer.body.id;
}

const parts = () => ({
  ci: { integrationId: ids['ci-cd'], workflows: [workflow('build.yml')] },
  projectManagement: {
    integrationId: ids['project-management'],
    platforms: [{ platform: 'WEB', project: 'APP', issueType: 'Task', completedStatus: 'done' }],
  },
  testManagement: {
    ...{ integrationId: ids['test-management'], projectId: found.project, passThresholdPercent: 95 },
    platforms: [{ platform: 'WEB', sectionIds: [found.section] }],
  },
  communication: { integrationId: ids.communication, channels: { releases: [found.channel] } },
});
const wrong = () => {
  const { ci, projectManagement, testManagement, communication } = parts();
  return {
    ci: { ...ci, workflows: [workflow('build.yml'), { ...workflow('gone.yml'), workflowType: 'CUSTOM' }] },
    projectManagement: {
      ...projectManagement,
      platforms: [
        { platform: 'WEB', project: 'GONE', issueType: 'Task' },
        { platform: 'IOS', project: 'APP', issueType: 'Nonsense', completedStatus: 'Never' },
      ],
    },
    testManagement: { ...testManagement, platforms: [{ platform: 'WEB', sectionIds: [found.section, '99999'], labelIds: ['99999'] }] },
    communication: { ...communication, channels: { builds: [found.channel, 'C0GONE'] } },
  };
};
const everyField = [
  '/baseBranch',
  '/ci/workflows/1/workflowId',
  '/communication/channels/builds/1',
  '/projectManagement/platforms/0/project',
  '/projectManagement/platforms/1/completedStatus',
  '/projectManagement/platforms/1/issueType',
  '/testManagement/platforms/0/labelIds/0',
  '/testManagement/platforms/0/sectionIds/1',
];

it('a release config whose names all exist is written', async () => {
  const created = await at('POST', 'release-configs?verify=true', right);

  expect(created.status, created.text).toBe(201);
  expect((await at('PATCH', `release-configs/${created.body.id}?verify=true`, { name: 'Again' })).status).toBe(200);
});

it('everything that does not exist is told at its field, at once; without being asked nobody looks', async () => {
  const body = { ...right, ...wrong(), baseBranch: 'gone' };

  const answer = await at('POST', 'release-configs?verify=true', body);

  expect(answer.status).toBe(422);
  expect(fieldsOf(answer).sort()).toEqual(everyField);
  expect((await at('POST', 'release-configs', body)).status).toBe(201);
});

it('a change is checked with what it leaves as it is; configs that are named are told by their name', async () => {
  const created = await at('POST', 'release-configs', { ...right, ...wrong() });

  const changed = await at('PATCH', `release-configs/${created.body.id}?verify=true`, { ci: { configId: created.body.ciConfigId } });

  expect([...new Set(fieldsOf(changed))].sort()).toEqual([
    ...['/ci/configId', '/commsConfigId', '/projectManagementConfigId', '/testManagementConfigId'],
  ]);
  expect(changed.body.errors[0].message).toContain('workflows/0/workflowId is no workflow');
});

it.each([
  ['project-management-configs', 'projectManagement', '/platforms/0/project'],
  ['test-management-configs', 'testManagement', '/platforms/0/sectionIds/1'],
  ['communication-channels', 'communication', '/channels/builds/1'],
] as const)('%s are checked by themselves, too', async (path, part, field) => {
  const answer = await at('POST', `${path}?verify=true`, { name: 'x', ...wrong()[part] });

  expect(answer.status).toBe(422);
  expect(fieldsOf(answer)).toContain(field);
  expect((await at('POST', `${path}?verify=true`, { name: 'x', ...parts()[part] })).status).toBe(201);
});

it.each(['releases', '#releases'])(
  'a channel that is named by its name, %s, is told its id: what is posted by a name cannot be edited',
  async (name) => {
    const body = { name: 'x', ...parts().communication, channels: { releases: [name] } };

    const answer = await at('POST', 'communication-channels?verify=true', body);

    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ field: '/channels/releases/0', message: expect.stringContaining(found.channel) }]);
  },
);

it('a project that does not exist is told before anything in it', async () => {
  const answer = await at('POST', 'test-management-configs?verify=true', { name: 'x', ...wrong().testManagement, projectId: '99999' });

  expect(fieldsOf(answer)).toEqual(['/projectId']);
});

it('a provider that is away leaves everything as it was, and says so', async () => {
  github.failNext({ match: { method: 'GET', path: /actions\/workflows/ }, status: 503, times: 5 });

  const answer = await at('POST', 'release-configs?verify=true', { ...right, name: 'Never' });

  expect(answer.status).toBe(503);
  expect(await api.db.rows("SELECT 1 FROM release_configs WHERE tenant_id = ? AND name = 'Never'", [tenant.tenantId])).toEqual([]);
});
