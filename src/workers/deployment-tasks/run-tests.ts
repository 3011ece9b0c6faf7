import { type JunitReading, MAX_JUNIT_BYTES, readJunit } from '../../domain/deployment/junit.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { DeploymentTaskHandler } from '../deployment-context.ts';
import { followStep, mayStillCome, tailOf } from './recipe-run.ts';
import { serviceOf } from './service-look.ts';

/**
 * Tests what is to be deployed, and counts by the report: no report, an empty one or one that cannot be read is no pass, whatever the run says; and a run
 * that failed is none, whatever the report says. What failed is named, in the output, too.
 */
export const runTests: DeploymentTaskHandler = {
  async run(context) {
    const service = serviceOf(context);
    const { deployment, services, task } = context;
    const suite = task.input.suite as 'smoke' | 'e2e' | 'full';
    const step = service.recipe?.tests[suite];
    if (step === undefined) throw new Error(`${service.name} was planned to be tested by a suite that it has not`);
    const revision = await services.drivers.revisionOf(deployment, service);
    if (revision === null) throw new Error(`nothing was built of ${service.name}`);
    const { name } = service;
    const commit = revision.commit ?? service.commit;
    if (commit === null && step.by === 'ci') throw refusal(`${name} ${revision.version} says no commit, which CI would run on.`);
    const parameters = {
      ...{ SERVICE: name, SUITE: suite, VERSION: revision.version, DIGEST: revision.digest, ENVIRONMENT: deployment.plan.environment.name },
      ...(commit === null ? {} : { COMMIT: commit }),
    };
    const artifact = revision.source.kind === 'kept' ? revision.source.key : null;
    const request = { ...{ service, step, parameters, artifact }, commit: commit ?? '' };
    const followed = await followStep(context, request);
    if ('waits' in followed) return followed.waits;
    const { ended } = followed;
    const key = `${deployment.tenantId}/reports/${ended.key}`;
    const file = await ended.keep({ path: step.junitPath, inside: endingIn(step.junitPath), key, maxBytes: MAX_JUNIT_BYTES });
    if (file === null && ended.passed) {
      const later = await mayStillCome(context, request, ended);
      if (later !== null) return later;
    }
    const reading: JunitReading =
      file === null ? { problem: `there is none at ${step.junitPath}` } : readJunit(await services.recipes.takeText(key));
    await ended.close();
    const why = 'problem' in reading ? `the report cannot count: ${reading.problem}; ${ended.words}` : whyNot(reading.report, ended);
    const report = 'report' in reading ? reading.report : null;
    const output = { service: name, suite, version: revision.version, url: ended.url, ...report };
    if (why === null) return { kind: 'completed', output };
    const failure = refusal(`The ${suite} tests of ${name} did not pass: ${why}${tailOf(ended.log)}`).toFailure();
    return { kind: 'failed', failure, output };
  },
};

type Report = Extract<JunitReading, { report: unknown }>['report'];

const SHOWN = 10;

function whyNot({ passed, failed, failing }: Report, ended: { passed: boolean; words: string }): string | null {
  if (failed > 0) {
    const names = failing.slice(0, SHOWN).map(({ name, message }) => (message === '' ? name : `${name} (${message})`));
    return `${failed} of ${passed + failed} failed: ${names.join('; ')}${failed > SHOWN ? '; …' : ''}`;
  }
  return ended.passed ? null : `no test failed, but ${ended.words}`;
}

/** The same path within whatever folder an archive has around it. */
const endingIn = (path: string) => new RegExp(`(^|/)${path.replace(/^\.?\//, '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

const refusal = (words: string) => new ProviderError('conflict', words, { provider: 'recipe' });
