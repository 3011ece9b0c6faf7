export type { FakeBuild, FakeJob, FakeParameter, FakeQueueItem } from './item.ts';
export { createJenkinsFake, type JenkinsFake } from './jenkins-fake.ts';
export type { JenkinsFakeState } from './state.ts';
export { byPerson, type JenkinsWorld } from './world.ts';
