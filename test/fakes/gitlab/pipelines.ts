import { checkedVariables, PipelineRefused, planPipeline } from './ci-configuration.ts';
import type { FakeJob, FakePipeline } from './pipeline.ts';
import type { FakeProject } from './project.ts';

/** GitLab CI/CD in memory: pipelines are started, and progress by script or by hand. */

export interface AutoComplete {
  /** After the start of the pipeline, milliseconds. */
  startAfterMs: number;
  /** After that. */
  completeAfterMs: number;
  /** File names of the archives that a successful pipeline leaves, one job each; `artifacts.zip` of the first job when absent. */
  archives?: (pipeline: FakePipeline) => string[];
}

export interface NewPipeline {
  ref: string;
  source: string;
  user: string;
  role: number;
  variables: FakePipeline['variables'];
  inputs: Record<string, unknown>;
}

const ENDED = ['success', 'failed', 'canceled', 'skipped'];

export class FakePipelines {
  /** Pipelines show in lists this long after their start, milliseconds. */
  visibleAfterMs = 0;
  readonly #onChange: (project: FakeProject, pipeline: FakePipeline) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #auto: AutoComplete | null = null;
  #failuresLeft = 0;

  constructor(onChange: (project: FakeProject, pipeline: FakePipeline) => void) {
    this.#onChange = onChange;
  }

  /** Pipelines started from now on progress by themselves. */
  autoComplete(how: boolean | Partial<AutoComplete>): void {
    this.#auto = how === false ? null : { startAfterMs: 20, completeAfterMs: 60, ...(how === true ? {} : how) };
  }

  /** The next automatic completions end as failed and leave nothing. */
  failNext(times = 1): void {
    this.#failuresLeft += times;
  }

  start(project: FakeProject, { ref, source, user, role, variables, inputs }: NewPipeline): FakePipeline {
    const isTag = !project.git.branches.has(ref) && project.git.tags.has(ref);
    const head = project.git.branches.has(ref) || isTag ? project.git.resolve(ref) : null;
    if (!head) throw new PipelineRefused('Reference not found');
    const checked = checkedVariables(project, role, variables);
    const plan = planPipeline(project, head.sha, inputs);
    const pipeline: FakePipeline = {
      id: project.nextId(),
      iid: project.pipelines.length + 1,
      ref,
      isTag,
      sha: head.sha,
      status: 'created',
      source,
      name: plan.name,
      user,
      variables: checked,
      inputs: plan.inputs,
      jobs: plan.jobs.map((name) => newJob(project, name)),
      createdAt: project.stamp(),
      updatedAt: project.stamp(),
      visibleAt: project.now().getTime() + this.visibleAfterMs,
    };
    project.pipelines.push(pipeline);
    this.#onChange(project, pipeline);
    this.#schedule(project, pipeline);
    return pipeline;
  }

  /** The pipeline and the jobs that count for it take this status. */
  advance(project: FakeProject, pipeline: FakePipeline, status: string): void {
    pipeline.status = status;
    pipeline.updatedAt = project.stamp();
    for (const job of pipeline.jobs) if (!job.retried) job.status = status;
    this.#onChange(project, pipeline);
  }

  cancel(project: FakeProject, pipeline: FakePipeline): void {
    if (!ENDED.includes(pipeline.status)) this.advance(project, pipeline, 'canceled');
  }

  retry(project: FakeProject, pipeline: FakePipeline): void {
    const failed = pipeline.jobs.filter((job) => !job.retried && ['failed', 'canceled'].includes(job.status));
    if (failed.length === 0) return;
    for (const job of failed) {
      job.retried = true;
      pipeline.jobs.push(newJob(project, job.name));
    }
    this.advance(project, pipeline, 'pending');
    this.#schedule(project, pipeline);
  }

  /** Another job of the pipeline, with an archive. */
  addArchive(project: FakeProject, pipeline: FakePipeline, jobName: string, filename: string, bytes: Uint8Array): void {
    const job = pipeline.jobs.find((each) => each.name === jobName && !each.retried) ?? newJob(project, jobName);
    if (!pipeline.jobs.includes(job)) pipeline.jobs.push(job);
    job.status = 'success';
    job.archive = { filename, bytes, expired: false };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(project: FakeProject, pipeline: FakePipeline): void {
    const auto = this.#auto;
    if (!auto) return;
    const jobs = pipeline.jobs.length;
    const current = () => pipeline.jobs.length === jobs && !ENDED.includes(pipeline.status);
    this.#after(auto.startAfterMs, () => {
      if (!current()) return;
      this.advance(project, pipeline, 'running');
      this.#after(auto.completeAfterMs, () => {
        if (!current()) return;
        const fails = this.#failuresLeft > 0;
        if (fails) this.#failuresLeft -= 1;
        else this.#leave(project, pipeline, auto);
        this.advance(project, pipeline, fails ? 'failed' : 'success');
      });
    });
  }

  #leave(project: FakeProject, pipeline: FakePipeline, auto: AutoComplete): void {
    const names = auto.archives?.(pipeline) ?? ['artifacts.zip'];
    names.forEach((filename, index) => {
      const job = pipeline.jobs.filter((each) => !each.retried)[index]?.name ?? `job ${index}`;
      this.addArchive(project, pipeline, job, filename, Buffer.from(`${pipeline.id}/${filename}`));
    });
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

function newJob(project: FakeProject, name: string): FakeJob {
  return { id: project.nextId(), name, stage: 'test', status: 'created', retried: false, archive: null, createdAt: project.stamp() };
}
