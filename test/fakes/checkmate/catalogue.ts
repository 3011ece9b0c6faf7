import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { answer, idParameter, refusal } from './answers.ts';
import type { CheckmateProject, CheckmateWorld } from './world.ts';

type Register = (path: string, handler: (request: FakeRequest) => FakeAnswer) => void;

/** What forms choose from. An unknown project or organisation has empty lists, never an error. */
export function registerCatalogue(world: CheckmateWorld, get: Register): void {
  get('/projects', (request) => listProjects(world, request));
  get('/project/detail', (request) => {
    const projectId = idParameter(request, 'projectId');
    if (typeof projectId !== 'number') return projectId;
    const project = world.project(projectId);
    return answer(project === undefined ? [] : [{ ...bare(project), ...made }]);
  });
  const list = (path: string, parameter: string, rows: (id: number) => readonly object[]) =>
    get(path, (request) => {
      const id = Number(request.query.get(parameter));
      return id > 0 ? answer(rows(id).map((row) => ({ ...row, [parameter]: id, ...made }))) : refusal(400, `Invalid param ${parameter}`);
    });
  list('/project/sections', 'projectId', (id) => world.project(id)?.sections ?? []);
  list('/project/squads', 'projectId', (id) => world.project(id)?.squads ?? []);
  list('/labels', 'projectId', (id) => world.project(id)?.labels ?? []);
  list('/platform', 'orgId', (id) => world.platforms().filter(({ orgId }) => orgId === id));
}

const made = { createdBy: 1, createdOn: '2026-01-01T00:00:00.000Z' };

function bare({ tests: _tests, sections: _sections, labels: _labels, squads: _squads, ...project }: CheckmateProject) {
  return project;
}

function listProjects(world: CheckmateWorld, request: FakeRequest): FakeAnswer {
  const orgId = idParameter(request, 'orgId');
  if (typeof orgId !== 'number') return refusal(400, 'Invalid param orgId');
  const all = world
    .projects()
    .filter((project) => project.orgId === orgId && project.status === 'Active')
    .sort((left, right) => right.projectId - left.projectId);
  const page = Number(request.query.get('page') ?? 1);
  const size = Number(request.query.get('pageSize') ?? 100);
  const projectsList = all.slice((page - 1) * size, page * size).map((project) => {
    const { status: _status, ...row } = bare(project);
    return { ...row, createdByName: 'Tester', projectDescription: null, createdOn: made.createdOn };
  });
  return answer({ projectsList, projectCount: [{ count: all.length }] });
}
