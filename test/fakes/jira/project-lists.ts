import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { refusal, statusBody, userBody } from './answers.ts';
import type { JiraSite } from './site.ts';
import type { JiraAccount, JiraProject } from './world.ts';

/** Cloud shows no user beyond this one. */
const LAST_USER = 1000;

/** What people choose from: projects, their types, statuses and versions, and whom an issue can be assigned to. */
export function projectRoutes(site: JiraSite): void {
  const { world, origin, version, route, as } = site;
  const api = `/rest/api/${version}`;
  const brief = ({ id, key, name }: JiraProject) => ({ self: `${origin}${api}/project/${id}`, id, key, name, projectTypeKey: 'software' });
  const having = (account: JiraAccount, permission: string) =>
    world.projects().filter((project) => project.members.get(account.accountId)?.has(permission));
  const ofProject = (path: string, body: (project: JiraProject, request: FakeRequest) => unknown) =>
    route(
      'GET',
      `${api}/project/:project${path}`,
      as((account, request) => {
        const { project: key = '' } = request.params;
        const project = world.findProject(key);
        if (!project?.members.get(account.accountId)?.has('BROWSE_PROJECTS')) return projectNotFound(key);
        return { status: 200, body: body(project, request) };
      }, projectNotFound),
    );

  if (version === '3') {
    route(
      'GET',
      `${api}/project/search`,
      as(
        (account, { query }) => {
          const all = having(account, query.get('action') === 'create' ? 'CREATE_ISSUES' : 'BROWSE_PROJECTS');
          const startAt = Number(query.get('startAt') ?? 0);
          const maxResults = Math.min(Number(query.get('maxResults') ?? 50), 100);
          const values = all.slice(startAt, startAt + maxResults).map(brief);
          return { status: 200, body: { startAt, maxResults, total: all.length, isLast: startAt + values.length >= all.length, values } };
        },
        () => ({ status: 200, body: { startAt: 0, maxResults: 50, total: 0, isLast: true, values: [] } }),
      ),
    );
  } else {
    route(
      'GET',
      `${api}/project`,
      as(
        (account) => ({ status: 200, body: having(account, 'BROWSE_PROJECTS').map(brief) }),
        () => ({ status: 200, body: [] }),
      ),
    );
  }
  const typesOf = (project: JiraProject) =>
    project.issueTypes.map((name, index) => ({
      self: `${origin}${api}/issuetype/${index + 1}`,
      id: String(index + 1),
      name,
      subtask: false,
    }));
  ofProject('', (project) => ({ ...brief(project), issueTypes: typesOf(project), versions: project.versions }));
  ofProject('/versions', (project) =>
    project.versions.map(({ id, name }) => ({ self: `${origin}${api}/version/${id}`, id, name, archived: false, released: false })),
  );
  ofProject('/statuses', (project) =>
    typesOf(project).map((type) => ({ ...type, statuses: project.statuses.map(({ name }) => statusBody(origin, project, name)) })),
  );
  route(
    'GET',
    `${api}/user/assignable/search`,
    as((account, request) => assignable(site, account, request)),
  );
}

/** Cloud cuts into pages first and then leaves out who cannot be assigned; Data Center the other way round. */
function assignable({ world, origin, version }: JiraSite, account: JiraAccount, { query }: FakeRequest): FakeAnswer {
  const key = query.get('project') ?? '';
  const project = world.findProject(key);
  if (!project?.members.get(account.accountId)?.has('BROWSE_PROJECTS')) return projectNotFound(key);
  const can = (each: JiraAccount) => each.active && project.members.get(each.accountId)?.has('ASSIGNABLE_USER') === true;
  const startAt = Number(query.get('startAt') ?? 0);
  const size = Number(query.get('maxResults') ?? 50);
  const everybody = world.accounts().filter((each) => (each.email !== null) === (version === '3'));
  const page =
    version === '3'
      ? everybody.slice(startAt, Math.min(startAt + size, LAST_USER)).filter(can)
      : everybody.filter(can).slice(startAt, startAt + Math.min(size, 100));
  return { status: 200, body: page.map((each) => userBody(origin, each)) };
}

function projectNotFound(key = ''): FakeAnswer {
  return refusal(404, [`No project could be found with key '${key}'.`]);
}
