import { recipeHash } from '../../domain/deployment/recipe.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { BuiltArtifact } from '../../services/execution/deployments/built-artifact-service.ts';
import { ServiceError } from '../../services/service-error.ts';
import type { DeploymentTaskHandler } from '../deployment-context.ts';
import { followStep, mayStillCome, tailOf } from './recipe-run.ts';
import { serviceOf } from './service-look.ts';

/** An archive within what CI wraps around it. */
const INSIDE = /\.(tar\.gz|tgz)$/i;

/** Makes the artifact of a commit by the service's recipe, unless it was made before. */
export const buildArtifact: DeploymentTaskHandler = {
  async run(context) {
    const service = serviceOf(context);
    const { deployment, services } = context;
    const { commit, recipe, name } = service;
    if (commit === null || recipe?.build == null) throw new Error(`${name} was planned to be built from nothing`);
    const step = recipe.build;
    const place = { deployment, serviceId: service.serviceId };
    const origin = { commit, recipeHash: recipeHash(step) };
    const known = (await services.built.taken(place)) ?? (await services.built.takeKnown(place, origin));
    if (known !== null) return { kind: 'completed', output: outputOf(name, known, { cached: true, url: null }) };
    const parameters = { COMMIT: commit, SERVICE: name };
    const request = { ...{ service, step, commit, parameters }, artifact: null };
    const followed = await followStep(context, request);
    if ('waits' in followed) return followed.waits;
    const { ended } = followed;
    if (!ended.passed) {
      await ended.close();
      throw refusal(`The build of ${name} failed: ${ended.words}${tailOf(ended.log)}`);
    }
    const path = step.by === 'job' ? step.artifactPath : '';
    if (path === null) throw refusal(`The recipe of ${name} does not say which file the build leaves (artifactPath).`);
    const key = `${deployment.tenantId}/services/${ended.key}`;
    const file = await ended.keep({ path, inside: INSIDE, key, maxBytes: services.artifactMaxBytes });
    if (file === null) {
      const later = await mayStillCome(context, request, ended);
      if (later !== null) return later;
      await ended.close();
      throw refusal(`The build of ${name} left no artifact${path === '' ? '' : ` at ${path}`}${tailOf(ended.log)}`);
    }
    const built = await services.built.register(place, origin, file).catch(async (error: unknown) => {
      if (!(error instanceof ServiceError)) throw error;
      await ended.close();
      throw refusal(
        `What the build of ${name} left is no artifact: ${error.problems.map(({ field, message }) => `${field} ${message}`).join('; ')}`,
      );
    });
    await ended.close();
    return { kind: 'completed', output: outputOf(name, built, { cached: false, url: ended.url }) };
  },
};

const outputOf = (service: string, { id, version, digest }: BuiltArtifact, how: { cached: boolean; url: string | null }) => ({
  ...{ service, artifactId: id, version, digest },
  ...how,
});

const refusal = (words: string) => new ProviderError('conflict', words, { provider: 'recipe' });
