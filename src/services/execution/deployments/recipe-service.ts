import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { RecipeStep } from '../../../domain/deployment/plan.ts';
import { tagOfCommit } from '../../../domain/deployment/recipe-try.ts';
import type { CiRun } from '../../../integrations/capabilities/ci.ts';
import type { JobFiles, JobRunner, JobState } from '../../../integrations/capabilities/job-runner.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { type ArtifactStore, ArtifactTooLargeError, type StoredArtifact } from '../../../platform/artifact-store.ts';
import { lacks } from '../../connections/ask-provider.ts';
import type { Connector } from '../../connections/connect.ts';
import { jobRunnerOf } from '../../connections/job-runner-of.ts';
import { attemptSignal } from '../attempt-scope.ts';
import type { CiCdService, ConfiguredWorkflow } from '../ci-cd-service.ts';
import type { SourceControlService } from '../source-control-service.ts';
import { createBundleFiles } from '../stores/bundle.ts';

export type CiStep = Extract<RecipeStep, { by: 'ci' }>;
export type JobStep = Extract<RecipeStep, { by: 'job' }>;

/** What a step left behind, kept in the artifact store. */
export interface KeptFile extends StoredArtifact {
  key: string;
}

/** Builds and tests by a recipe, at CI systems and job runners. */
export interface RecipeService {
  /**
   * Gives the commit a name that CI can run on, a tag, and prepares a run there; the function it returns does nothing but ask for it. Asking is not
   * idempotent: look with `findRun` first.
   */
  prepareRun(tenantId: string, step: CiStep, what: CommitToRun): Promise<() => Promise<{ handle: string | null }>>;
  findRun(tenantId: string, step: CiStep, what: CommitToRun & { since: Date }): Promise<CiRun | null>;
  run(tenantId: string, step: CiStep, handle: string): Promise<CiRun | null>;
  /** How long after asking a run may stay invisible, milliseconds. */
  visibleWithinMs(tenantId: string, step: CiStep): Promise<number>;
  /** Starts the job or finds it, in the directory that it was begun in. */
  job(tenantId: string, step: JobStep, job: JobBeginning): Promise<JobState>;
  jobLog(tenantId: string, step: JobStep, key: string): Promise<string>;
  /** Removes what a job left; nothing there is success. */
  forgetJob(tenantId: string, step: JobStep, key: string): Promise<void>;
  /**
   * Copies the artifact of a run into the store, out of the archive around it where there is one.
   * @param inside names of the files that are meant within an archive
   * @returns null where the run shows none yet
   */
  keepFromRun(
    tenantId: string,
    step: CiStep,
    source: { handle: string; inside: RegExp; key: string; maxBytes: number },
  ): Promise<KeptFile | null>;
  /** Reads what was kept as UTF-8, and removes it. */
  takeText(key: string): Promise<string>;
  /** The same of a file of a job; null = there is none. */
  keepFromJob(
    tenantId: string,
    step: JobStep,
    source: { jobKey: string; path: string; key: string; maxBytes: number },
  ): Promise<KeptFile | null>;
}

export interface CommitToRun {
  commit: string;
  correlationId: string;
  sourceIntegrationId: string | null;
  parameters: Readonly<Record<string, string>>;
}

interface JobBeginning {
  key: string;
  variables: ReadonlyMap<string, string>;
  /** What lies in its directory; null = no sources are known. */
  sources: CommitFiles | null;
  /** What is tested, by its key in the artifact store, and the folder it lies in; null = nothing. */
  artifact: { key: string; into: string } | null;
}

/** The files of a commit in the repository of a connection. */
interface CommitFiles {
  sourceIntegrationId: string;
  commit: string;
}

interface RecipeDeps {
  connector: Connector;
  cicd: CiCdService;
  sourceControl: Pick<SourceControlService, 'createTag'>;
  artifacts: ArtifactStore;
}

const LOG_BYTES = 4_000;

export function createRecipeService({ connector, cicd, sourceControl, artifacts }: RecipeDeps): RecipeService {
  const keep = async (key: string, body: Parameters<ArtifactStore['put']>[1], maxBytes: number): Promise<KeptFile> => {
    const kept = await artifacts.put(key, body, { maxBytes }).catch((error: unknown) => {
      if (error instanceof ArtifactTooLargeError) throw trouble('invalid', `What the recipe made is larger than ${maxBytes} bytes.`);
      throw error;
    });
    return { ...kept, key };
  };

  async function runner(tenantId: string, { integrationId }: JobStep): Promise<JobRunner> {
    return jobRunnerOf(await connector.open('deployment', tenantId, integrationId, attemptSignal()));
  }

  const sourcesOf = (tenantId: string, { sourceIntegrationId, commit }: CommitFiles): JobFiles => ({
    into: '.',
    // Providers have everything below one folder of a name of their own.
    strip: 1,
    async open() {
      const { provider, connection, deps } = await connector.open('scm', tenantId, sourceIntegrationId, attemptSignal());
      const archive = provider.sourceArchive?.(connection, deps);
      if (archive === undefined) throw lacks(provider, 'archives of commits');
      return archive.openArchive(commit);
    },
  });

  const artifactOf = ({ key, into }: NonNullable<JobBeginning['artifact']>): JobFiles => ({
    ...{ into, strip: 0 },
    async open() {
      const opened = await artifacts.open(key);
      if (opened === null) throw trouble('not-found', 'The artifact that is to be tested is not kept any more.');
      return opened;
    },
  });

  return {
    async prepareRun(tenantId, step, { commit, correlationId, sourceIntegrationId, parameters }) {
      if (sourceIntegrationId === null) {
        throw trouble('invalid', 'CI runs on tags, and the service names no source control in which its commit could get one.');
      }
      const ref = tagOfCommit(commit);
      await sourceControl.createTag(tenantId, sourceIntegrationId, ref, commit, `Signalbox builds and tests ${commit} by this name.`);
      const ask = await cicd.prepare(tenantId, workflowOf(step), { ref, correlationId, jobParameters: { ...parameters } });
      return async () => ({ handle: (await ask()).queueLocation });
    },
    findRun: (tenantId, step, { commit, correlationId, since }) =>
      cicd.find(tenantId, workflowOf(step), { ref: tagOfCommit(commit), correlationId, since }),
    run: (tenantId, { integrationId }, handle) => cicd.run(tenantId, integrationId, handle),
    visibleWithinMs: (tenantId, { integrationId }) => cicd.visibleWithinMs(tenantId, integrationId),

    async job(tenantId, step, { key, variables, sources, artifact }) {
      const { command, timeoutMs } = step;
      const files = [...(sources === null ? [] : [sourcesOf(tenantId, sources)]), ...(artifact === null ? [] : [artifactOf(artifact)])];
      return (await runner(tenantId, step)).ensure({ key, command, variables, timeoutMs, files });
    },
    jobLog: async (tenantId, step, key) => (await runner(tenantId, step)).log(key, LOG_BYTES),
    forgetJob: async (tenantId, step, key) => (await runner(tenantId, step)).remove(key),

    async keepFromRun(tenantId, step, { handle, inside, key, maxBytes }) {
      const found = (await cicd.artifacts(tenantId, step.integrationId, handle)).filter(
        ({ expired, name }) => !expired && (step.artifactName === null || name === step.artifactName),
      );
      const [artifact] = found;
      if (artifact === undefined) return null;
      if (found.length > 1) throw trouble('invalid', `The run has ${found.length} artifacts: let the recipe name one.`);
      const arriving = `${key}.arriving`;
      const download = await cicd.openArtifact(tenantId, step.integrationId, handle, artifact.id);
      const whole = await keep(arriving, download.body, maxBytes);
      try {
        if (download.sizeBytes !== null && whole.sizeBytes !== download.sizeBytes)
          throw trouble('malformed', `The artifact ${artifact.name} arrived with ${whole.sizeBytes} of ${download.sizeBytes} bytes.`);
        const files = createBundleFiles(artifacts, inside);
        const bundle = await files.describe(arriving);
        if (bundle === null) throw trouble('malformed', `The artifact ${artifact.name} is gone.`);
        return await keep(key, Readable.from(files.fileOf(bundle).open()), maxBytes);
      } finally {
        await artifacts.remove(arriving);
      }
    },

    async takeText(key) {
      const opened = await artifacts.open(key);
      const words = opened === null ? '' : await text(opened.body as Parameters<typeof text>[0]);
      await artifacts.remove(key);
      return words;
    },

    async keepFromJob(tenantId, step, { jobKey, path, key, maxBytes }) {
      const file = await (await runner(tenantId, step)).openFile(jobKey, path);
      return file === null ? null : keep(key, file.body, maxBytes);
    },
  };
}

const workflowOf = ({ integrationId, workflowId, inputs }: CiStep): ConfiguredWorkflow => ({
  ...{ integrationId, workflowId, displayName: workflowId },
  inputs: { ...inputs },
});

const trouble = (kind: 'invalid' | 'malformed' | 'not-found', words: string) => new ProviderError(kind, words, { provider: 'recipe' });
