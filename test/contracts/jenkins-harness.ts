import { createHmac } from 'node:crypto';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { jenkinsCi } from '../../src/integrations/providers/jenkins/ci.ts';
import { credentialsSchema, type JenkinsConnection, settingsSchema } from '../../src/integrations/providers/jenkins/identity.ts';
import { jenkinsWebhook } from '../../src/integrations/providers/jenkins/webhook.ts';
import {
  byPerson,
  createJenkinsFake,
  type FakeJob,
  type FakeParameter,
  type FakeQueueItem,
  type JenkinsFake,
} from '../fakes/jenkins/index.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { CiHarness, CiWorld } from './ci.contract.ts';
import type { WebhookHarness } from './webhook-source.contract.ts';

export const JENKINS_USER = 'signalbox';
export const JENKINS_TOKEN = '11a7c0ffee5eed1234567890abcdef1234';

export function jenkinsConnection(
  baseUrl: string,
  { credentials = { user: JENKINS_USER, apiToken: JENKINS_TOKEN }, settings = {} }: { credentials?: unknown; settings?: object } = {},
): JenkinsConnection {
  return { id: 'c-1', baseUrl, credentials: credentialsSchema.parse(credentials), settings: settingsSchema.parse(settings) };
}

export interface JenkinsSetup {
  fake: JenkinsFake;
  observed: ProviderCall[];
  deps(options?: ConnectOptions): AdapterDeps;
  connection: JenkinsConnection;
}

/** A fake Jenkins without jobs, and a connection to it. */
export async function jenkinsSetup(settings: object = {}): Promise<JenkinsSetup> {
  const fake = await createJenkinsFake({ tokens: { [JENKINS_USER]: JENKINS_TOKEN } });
  const observed: ProviderCall[] = [];
  return {
    fake,
    observed,
    connection: jenkinsConnection(fake.origin, { settings }),
    deps: (options) => guardedDeps('jenkins', observed, options),
  };
}

/** The item a handle of ours stands for. */
export function itemOf({ world }: JenkinsFake, handle: string): FakeQueueItem {
  const queued = /^queue:(\d+):/.exec(handle);
  const build = /^build:(.+)#(\d+)$/.exec(handle);
  const item = queued
    ? world.queue.find((candidate) => candidate.id === Number(queued[1]))
    : world.job(build?.[1] ?? '')?.builds.find((candidate) => candidate.number === Number(build?.[2]))?.item;
  if (!item) throw new Error(`no run ${handle}`);
  return item;
}

const handleOf = (item: FakeQueueItem) =>
  item.build ? `build:${item.job.path}#${item.build.number}` : `queue:${item.id}:${item.job.path}`;

const correlationOf = (item: FakeQueueItem) => String(item.values.find(({ name }) => name === 'SIGNALBOX_CORRELATION_ID')?.value ?? '');

export const version: FakeParameter = { name: 'version', kind: 'String', description: 'Version to build' };
export const correlation: FakeParameter = { name: 'SIGNALBOX_CORRELATION_ID', kind: 'String' };
const parameters: FakeParameter[] = [
  version,
  { name: 'track', kind: 'Choice', choices: ['internal', 'beta'] },
  { name: 'symbols', kind: 'Boolean', default: 'false' },
  { name: 'notes', kind: 'Text', default: 'none' },
  { name: 'keystore', kind: 'Credentials' },
  { name: 'patch', kind: 'File' },
];
const input = { description: null, required: false, default: null, options: [] };
const declared: CiWorld['declared'] = [
  { ...input, name: 'version', type: 'string', description: 'Version to build', default: '' },
  { ...input, name: 'track', type: 'choice', default: 'internal', options: ['internal', 'beta'] },
  { ...input, name: 'symbols', type: 'boolean', default: 'false' },
  { ...input, name: 'notes', type: 'string', default: 'none' },
  { ...input, name: 'keystore', type: 'unknown' },
  { ...input, name: 'patch', type: 'unknown' },
];
const results = { succeeded: 'SUCCESS', failed: 'FAILURE', cancelled: 'ABORTED' } as const;

type Shape = Pick<CiWorld, 'correlated' | 'plain' | 'ref'> & {
  jobOf(workflowId: string, ref: string): FakeJob | null;
  refParameter: string | null;
};

/** Pipelines with a job for each branch. */
export async function multibranchHarness(): Promise<CiHarness> {
  const setup = await jenkinsSetup({ folder: 'mobile' });
  const { world } = setup.fake;
  const ref = 'release/1.2';
  world.addMultibranch('mobile/app', ['main', ref], [...parameters, correlation]);
  world.addMultibranch('mobile/plain', ['main', ref], [version]);
  return harnessOf(setup, {
    correlated: 'mobile/app',
    plain: 'mobile/plain',
    ref,
    jobOf: (workflowId, branch) => world.job(`${workflowId}/${branch.replace('/', '%2F')}`),
    refParameter: null,
  });
}

/** Jobs that take the branch or tag as a parameter. */
export async function jobsHarness(): Promise<CiHarness> {
  const setup = await jenkinsSetup({ folder: 'mobile', refParameter: 'GIT_REF' });
  const { world } = setup.fake;
  const gitRef: FakeParameter = { name: 'GIT_REF', kind: 'String', default: 'main' };
  world.addJob('mobile/team a/build', { parameters: [gitRef, ...parameters, correlation], pipeline: true });
  world.addJob('mobile/team a/plain', { parameters: [gitRef, version] });
  return harnessOf(setup, {
    correlated: 'mobile/team a/build',
    plain: 'mobile/team a/plain',
    ref: 'release/1.2',
    jobOf: (workflowId) => world.job(workflowId),
    refParameter: 'GIT_REF',
  });
}

function harnessOf({ fake, observed, connection, deps }: JenkinsSetup, shape: Shape): CiHarness {
  const { world } = fake;
  const isOf = (workflowId: string, { job }: FakeQueueItem) => job.path === workflowId || job.path.startsWith(`${workflowId}/`);
  return {
    connect: (options) => jenkinsCi(connection, deps(options)),
    observed,
    secret: JENKINS_TOKEN,
    close: fake.close,
    world: {
      calls: fake.calls,
      failNext: fake.failNext,
      clearFaults: fake.clearFaults,
      ...shape,
      declared,
      seedWorkflows(count) {
        for (let index = 0; index < count; index += 1) {
          world.addJob(`mobile/${['', 'a/', 'a/b/c/'][index % 3]}extra-${index}`, { parameters: [version] });
        }
      },
      startByHand(workflowId, ref) {
        const job = shape.jobOf(workflowId, ref);
        if (!job) throw new Error(`no job for ${ref}`);
        const values = job.parameters
          .filter(({ kind }) => kind === 'String')
          .map(({ name, kind }) => ({ name, kind, value: name === shape.refParameter ? ref : '' }));
        const item = world.enqueue(job, values, byPerson('jane'));
        world.start(item);
        return handleOf(item);
      },
      runs: (workflowId) => world.queue.filter((item) => isOf(workflowId, item)).map(handleOf),
      advance(handle, to) {
        const build = world.start(itemOf(fake, handle));
        if (to !== 'running') world.finish(build, results[to]);
      },
      attempts(handle) {
        const first = correlationOf(itemOf(fake, handle));
        return world.queue.filter((item) => correlationOf(item).split('.')[0] === first).length;
      },
      seedArtifacts(handle, count, content = Buffer.from('PK')) {
        const build = world.start(itemOf(fake, handle));
        for (let index = 0; index < count; index += 1) {
          build.artifacts.push({ relativePath: `build/out puts/app-${index}.aab`, content: Buffer.from(content) });
        }
      },
      expireArtifacts(handle) {
        world.start(itemOf(fake, handle)).artifacts.splice(0);
      },
      hideNewRuns() {
        world.hidesNewItems = true;
      },
      showRuns() {
        for (const item of world.queue) item.hidden = false;
      },
      endpoints: {
        run: { method: 'GET', path: /\/\d+\/api\/json$/ },
        dispatch: { method: 'POST', path: /\/buildWithParameters$/ },
        cancel: { method: 'POST', path: /\/\d+\/stop$/ },
        rerun: { method: 'POST', path: /\/buildWithParameters$/ },
        download: { method: 'GET', path: /\/artifact\// },
      },
    },
  };
}

export async function jenkinsWebhookHarness(): Promise<WebhookHarness> {
  const secret = 'whsec-jenkins-0123456789';
  const signed = (payload: unknown) => {
    const rawBody = Buffer.from(JSON.stringify(payload));
    const signature = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
    return { headers: { 'content-type': 'application/json', 'x-signalbox-signature': signature }, rawBody };
  };
  const page = 'https://jenkins.example/ci/job/mobile/job/app/job/release%252F1.2';
  return {
    subject: jenkinsWebhook,
    secret,
    deliver: ({ payload }) => signed(payload),
    hints: [
      {
        name: 'a pipeline ends, by its own step',
        sample: {
          event: 'COMPLETED',
          payload: {
            name: 'mobile/app/release%2F1.2',
            url: `${page}/`,
            build: { number: 7, phase: 'COMPLETED', status: 'SUCCESS', full_url: `${page}/7/` },
          },
        },
        keys: ['ci-run:build:mobile/app/release%2F1.2#7'],
      },
      {
        name: 'a job ends, by the Notification plugin',
        sample: {
          event: 'FINALIZED',
          payload: {
            name: 'build',
            display_name: 'build',
            url: 'job/mobile/job/team%20a/job/build/',
            build: {
              full_url: 'http://jenkins.internal.example:8080/job/mobile/job/team%20a/job/build/12/',
              number: 12,
              queue_id: 4711,
              phase: 'FINALIZED',
              status: 'FAILURE',
              url: 'job/mobile/job/team%20a/job/build/12/',
            },
          },
        },
        keys: ['ci-run:build:mobile/team a/build#12', 'ci-run:queue:4711:mobile/team a/build'],
      },
      {
        name: 'a job starts on a Jenkins that does not know its address',
        sample: {
          event: 'STARTED',
          payload: { name: 'app', url: 'job/app/', build: { number: 3, queue_id: 9, phase: 'STARTED', url: 'job/app/3/' } },
        },
        keys: ['ci-run:build:app#3', 'ci-run:queue:9:app'],
      },
      {
        name: 'a step that knows nothing but names',
        sample: {
          event: 'COMPLETED',
          payload: { name: 'mobile/app', url: null, build: { number: 3, phase: 'COMPLETED', full_url: null } },
        },
        keys: ['ci-run:build:mobile/app#3'],
      },
    ],
    ignored: {
      event: 'QUEUED',
      payload: { name: 'app', url: 'job/app/', build: { number: 3, queue_id: 9, phase: 'QUEUED', url: 'job/app/3/' } },
    },
    close: async () => undefined,
  };
}
