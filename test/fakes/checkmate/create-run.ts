import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { answer, refusal } from './answers.ts';
import type { CheckmateProject, CheckmateTest, CheckmateUser, CheckmateWorld } from './world.ts';

interface NewRun {
  projectId?: unknown;
  runName?: unknown;
  runDescription?: string | null;
  labelIds?: number[];
  squadIds?: number[];
  sectionIds?: number[];
  platformIds?: number[];
  filterType?: string;
}

/** `POST /run/create` of the server, refusals included; the document's `testIds` is ignored. */
export function createRun(world: CheckmateWorld, user: CheckmateUser, request: FakeRequest): FakeAnswer {
  if (typeof request.body !== 'object' || request.body === null) return refusal(500, 'Unexpected end of JSON input');
  const input = request.body as NewRun;
  const { projectId, runName, runDescription } = input;
  if (typeof projectId !== 'number' || projectId <= 0) return refusal(400, 'Data validation error: projectId: Invalid number');
  if (typeof runName !== 'string') return refusal(400, 'Data validation error: runName: Required');
  if (runName.length < 5) return refusal(400, 'Data validation error: runName: Run name must be at least 5 characters');
  if (runName.length > 50) return refusal(400, 'Data validation error: runName: Run name must be at most 50 characters');
  for (const key of ['labelIds', 'squadIds', 'sectionIds', 'platformIds'] as const) {
    const ids = input[key];
    if (ids !== undefined && !(Array.isArray(ids) && ids.every((id) => typeof id === 'number')))
      return refusal(400, `Data validation error: ${key}: Expected array`);
  }
  if ((runDescription ?? '').length > 255) return refusal(500, "Data too long for column 'runDescription' at row 1");
  const project = world.project(projectId);
  if (!project) return refusal(500, 'Invalid Value provided, cause: `projectId` does not exist');
  if (input.squadIds?.length === 0) return refusal(500, 'Empty squadIds provided');
  const tests = chosen(project, input);
  if (tests.length === 0) return refusal(500, 'No tests found for the given filter');
  const run = world.addRun({ projectId, runName, runDescription: runDescription ?? null, createdBy: user.userId, tests });
  return answer({ runName, runId: run.runId, testsAdded: tests.length, message: `Added ${tests.length} tests to run ${runName}` });
}

/** Sections always narrow; the other filters are joined by `filterType`. Squad 0 means tests without a squad. */
function chosen(project: CheckmateProject, input: NewRun): CheckmateTest[] {
  const { labelIds = [], squadIds = [], sectionIds = [], platformIds = [] } = input;
  const filters: ((test: CheckmateTest) => boolean)[] = [];
  if (labelIds.length > 0) filters.push((test) => test.labelIds.some((id) => labelIds.includes(id)));
  if (platformIds.length > 0) filters.push((test) => test.platformId !== null && platformIds.includes(test.platformId));
  if (squadIds.length > 0) filters.push((test) => squadIds.includes(test.squadId ?? 0));
  const joined = (test: CheckmateTest) =>
    filters.length === 0 || (input.filterType === 'or' ? filters.some((filter) => filter(test)) : filters.every((filter) => filter(test)));
  return project.tests.filter((test) => (sectionIds.length === 0 || sectionIds.includes(test.sectionId ?? -1)) && joined(test));
}
