export type { AutoComplete, FailedRuns } from './actions.ts';
export { createGithubFake, type GithubFake, type GithubWorld, githubWrites } from './github-fake.ts';
export type { FakeRepository } from './repository.ts';
export type { FakeRun } from './run.ts';
export { signedHeaders } from './webhook-sender.ts';
