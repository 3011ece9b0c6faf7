export type { AutoComplete, FailedRuns } from './actions.ts';
export type { FakeInstallation } from './apps.ts';
export { ARTIFACT_PATH } from './artifact-store.ts';
export { createGithubFake, type GithubFake, type GithubWorld, githubWrites } from './github-fake.ts';
export type { FakeRepository } from './repository.ts';
export type { FakeRun } from './run.ts';
export { signedHeaders } from './webhook-sender.ts';
