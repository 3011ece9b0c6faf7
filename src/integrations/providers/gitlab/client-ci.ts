import { Jobs, Pipelines, Projects, RepositoryFiles } from '@gitbeaker/rest';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { data, EXPANDED, gitbeaker, maybe, PAGE_SIZE } from './call.ts';
import type { GitlabConnection } from './identity.ts';
import * as schema from './schema.ts';

export type GitlabCiClient = ReturnType<typeof gitlabCiClient>;

/** Every call of GitLab around pipelines, bound to one project. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function gitlabCiClient(connection: GitlabConnection, deps: AdapterDeps) {
  const { options, call, project } = gitbeaker(connection, deps);
  const pipelines = new Pipelines(options);
  const jobs = new Jobs(options);

  return {
    project: () => data(call('read the project', new Projects(options).show(project, EXPANDED), schema.projectSchema)),
    /** @param from another project's path, where the CI configuration may live */
    file: (path: string, ref: string, from = project) =>
      maybe(call(`read ${path} at ${ref}`, new RepositoryFiles(options).show(from, path, ref, EXPANDED), schema.fileSchema)),
    createPipeline: (ref: string, variables: { key: string; value: string }[], inputs: Record<string, string | number | boolean>) =>
      data(
        call(
          `start a pipeline on ${ref}`,
          pipelines.create(project, ref, {
            ...EXPANDED,
            ...(variables.length === 0 ? {} : { variables }),
            ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
          }),
          schema.pipelineSchema,
        ),
      ),
    /** Those started through the API, newest first. */
    startedPipelines: (ref: string, page: number) =>
      call(
        `list pipelines on ${ref}`,
        pipelines.all(project, { ...EXPANDED, page, perPage: PAGE_SIZE, ref, source: 'api', orderBy: 'id', sort: 'desc' }),
        schema.pipelinesSchema,
      ),
    pipeline: (id: string) => maybe(call(`read pipeline ${id}`, pipelines.show(project, Number(id), EXPANDED), schema.pipelineSchema)),
    variables: (id: string) =>
      data(call(`read the variables of pipeline ${id}`, pipelines.allVariables(project, Number(id), EXPANDED), schema.variablesSchema)),
    jobs: (id: string, page: number, includeRetried: boolean) =>
      call(
        `list jobs of pipeline ${id}`,
        jobs.all(project, { ...EXPANDED, pipelineId: Number(id), page, perPage: PAGE_SIZE, ...(includeRetried ? { includeRetried } : {}) }),
        schema.jobsSchema,
      ),
    job: (id: string) => maybe(call(`read job ${id}`, jobs.show(project, Number(id), EXPANDED), schema.jobSchema)),
    cancel: (id: string) => data(call(`cancel pipeline ${id}`, pipelines.cancel(project, Number(id), EXPANDED), schema.takenSchema)),
    retry: (id: string) => data(call(`retry pipeline ${id}`, pipelines.retry(project, Number(id), EXPANDED), schema.takenSchema)),
  };
}
