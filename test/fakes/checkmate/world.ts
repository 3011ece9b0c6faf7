/** The state of a fake Checkmate: users with tokens, organisations, projects with tests, runs with results and their history. */

export type Role = 'admin' | 'user' | 'reader';
export type TestStatus = 'Passed' | 'Failed' | 'Untested' | 'Blocked' | 'Retest' | 'Archived' | 'Skipped' | 'InProgress';
export const TEST_STATUSES: readonly TestStatus[] = [
  'Passed',
  'Failed',
  'Untested',
  'Blocked',
  'Retest',
  'Archived',
  'Skipped',
  'InProgress',
];

export interface CheckmateUser {
  userId: number;
  userName: string;
  email: string;
  token: string;
  role: Role;
}

export interface CheckmateTest {
  testId: number;
  title: string;
  sectionId: number | null;
  squadId: number | null;
  platformId: number | null;
  labelIds: number[];
}

export interface CheckmateSection {
  sectionId: number;
  sectionName: string;
  parentId: number | null;
}

export interface CheckmateProject {
  projectId: number;
  projectName: string;
  orgId: number;
  status: 'Active' | 'Archived' | 'Deleted';
  tests: CheckmateTest[];
  sections: CheckmateSection[];
  labels: { labelId: number; labelName: string }[];
  squads: { squadId: number; squadName: string }[];
}

export interface CheckmateRun {
  runId: number;
  runName: string;
  runDescription: string | null;
  projectId: number;
  status: 'Active' | 'Locked' | 'Archived' | 'Deleted';
  createdBy: number;
  /** Whole seconds, as the column holds them. */
  createdOn: number;
  tests: Map<number, { status: TestStatus; history: TestStatus[] }>;
}

interface NewTest {
  title?: string;
  sectionId?: number;
  squadId?: number;
  platformId?: number;
  labelIds?: number[];
}

export type CheckmateWorld = ReturnType<typeof createCheckmateWorld>;

export function createCheckmateWorld(now: () => number) {
  const users: CheckmateUser[] = [];
  const organisations: { orgId: number; orgName: string }[] = [];
  const platforms: { platformId: number; platformName: string; orgId: number }[] = [];
  const projects = new Map<number, CheckmateProject>();
  const runs = new Map<number, CheckmateRun>();
  let lastId = 0;
  const newId = () => (lastId += 1);

  function addOrganisation(orgName: string): number {
    const orgId = organisations.length + 1;
    organisations.push({ orgId, orgName });
    return orgId;
  }

  function addRun(input: {
    projectId: number;
    runName: string;
    runDescription?: string | null;
    createdBy?: number;
    tests: CheckmateTest[];
  }): CheckmateRun {
    const tests = new Map(input.tests.map((test) => [test.testId, { status: 'Untested' as TestStatus, history: [] as TestStatus[] }]));
    const run: CheckmateRun = {
      runId: newId(),
      runName: input.runName,
      runDescription: input.runDescription ?? null,
      projectId: input.projectId,
      status: 'Active',
      createdBy: input.createdBy ?? 1,
      createdOn: Math.floor(now() / 1000) * 1000,
      tests,
    };
    runs.set(run.runId, run);
    return run;
  }

  function run(id: number | string): CheckmateRun {
    const found = runs.get(Number(id));
    if (!found) throw new Error(`no run ${id}`);
    return found;
  }

  return {
    addOrganisation,
    addUser(input: { token: string; role?: Role; userName?: string }): CheckmateUser {
      const userId = newId();
      const userName = input.userName ?? `Tester ${userId}`;
      const user = { userId, userName, email: `tester${userId}@example.com`, token: input.token, role: input.role ?? 'user' };
      users.push(user);
      return user;
    },
    addPlatform(platformName: string, orgId = 1): number {
      const platformId = newId();
      platforms.push({ platformId, platformName, orgId });
      return platformId;
    },
    addSection(projectId: number, sectionName: string, parentId: number | null = null): number {
      const sectionId = newId();
      projects.get(projectId)?.sections.push({ sectionId, sectionName, parentId });
      return sectionId;
    },
    addLabel(projectId: number, labelName: string): number {
      const labelId = newId();
      projects.get(projectId)?.labels.push({ labelId, labelName });
      return labelId;
    },
    addSquad(projectId: number, squadName: string): number {
      const squadId = newId();
      projects.get(projectId)?.squads.push({ squadId, squadName });
      return squadId;
    },
    addProject(input: { projectName?: string; orgId?: number; tests: NewTest[] }): CheckmateProject {
      if (organisations.length === 0) addOrganisation('Acme');
      const projectId = newId();
      const tests = input.tests.map((test) => {
        const testId = newId();
        const { title = `Test case ${testId}`, sectionId = null, squadId = null, platformId = null, labelIds = [] } = test;
        return { testId, title, sectionId, squadId, platformId, labelIds };
      });
      const project: CheckmateProject = {
        ...{ projectId, projectName: input.projectName ?? `Project ${projectId}`, orgId: input.orgId ?? 1, status: 'Active', tests },
        ...{ sections: [], labels: [], squads: [] },
      };
      projects.set(projectId, project);
      return project;
    },
    addRun,
    run,
    users: () => users,
    organisations: () => organisations,
    platforms: () => platforms,
    project: (projectId: number) => projects.get(projectId),
    projects: () => [...projects.values()],
    runs: () => [...runs.values()],
    findRun: (runId: number) => runs.get(runId),
    /** Sets latest results as testers would: so many tests of each status, in the order of the tests; the others stay as they are. */
    setResults(runId: number | string, counts: Partial<Record<Lowercase<TestStatus>, number>>) {
      const results = [...run(runId).tests.values()];
      for (const status of TEST_STATUSES) {
        const count = counts[status.toLowerCase() as Lowercase<TestStatus>] ?? 0;
        const chosen = results.splice(0, count);
        if (chosen.length < count) throw new Error(`run ${runId} has too few tests`);
        for (const result of chosen) setStatus(result, status);
      }
    },
    lock(runId: number | string) {
      run(runId).status = 'Locked';
    },
    archive(runId: number | string) {
      run(runId).status = 'Archived';
    },
    rename(runId: number | string, runName: string) {
      run(runId).runName = runName;
    },
    deleteRun(runId: number | string) {
      run(runId).status = 'Deleted';
    },
    /** Every result ever set in a run, per test. */
    history: (runId: number | string) => [...run(runId).tests.values()].map((result) => [...result.history]),
  };
}

export function setStatus(result: { status: TestStatus; history: TestStatus[] }, status: TestStatus): void {
  result.status = status;
  result.history.push(status);
}
