export { createGitlabFake, type FakeToken, type GitlabFake, type GitlabWorld, gitlabWrites } from './gitlab-fake.ts';
export type { FakePipeline } from './pipeline.ts';
export { DEVELOPER, type FakeProject, GUEST, MAINTAINER } from './project.ts';
export { signatureHeaders, tokenHeaders } from './webhook-sender.ts';
