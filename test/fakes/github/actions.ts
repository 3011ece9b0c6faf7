import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { type FakeRepository, seconds } from './repository.ts';
import type { FakeArtifact, FakeRun, FakeWorkflow } from './run.ts';

/** GitHub Actions in memory: dispatches become runs, which progress by script or by hand. */

export interface AutoComplete {
  /** After the dispatch, milliseconds. */
  startAfterMs: number;
  /** After the start. */
  completeAfterMs: number;
  /** After the completion; a real upload may show late. */
  artifactAfterMs: number;
  /** What a successful run leaves behind; `<workflow name>.zip` when absent. */
  artifactNames?: (run: FakeRun) => string[];
}

export interface FailedRuns {
  /** Id, name, path or file name; every workflow when absent. */
  workflow?: string;
  /** How many completions; 1 when absent. */
  times?: number;
  /** `failure` when absent. */
  conclusion?: string;
}

export type RunListener = (repository: FakeRepository, run: FakeRun, action: 'requested' | 'in_progress' | 'completed') => void;

/** What a dispatch was refused for, in GitHub's words. */
export class DispatchRefused extends Error {}

export class FakeActions {
  /** Runs show in lists this long after their dispatch, milliseconds. */
  runsVisibleAfterMs = 0;
  /** Off: an old server, which answers 204 and says nothing about the run. */
  returnsRunDetails = true;
  readonly #nextId: () => number;
  readonly #now: () => Date;
  readonly #onChange: RunListener;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #failures: (Required<Pick<FailedRuns, 'conclusion'>> & { workflow: string | undefined; left: number })[] = [];
  #auto: AutoComplete | null = null;

  constructor(nextId: () => number, now: () => Date, onChange: RunListener) {
    this.#nextId = nextId;
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Runs dispatched from now on progress by themselves. */
  autoComplete(how: boolean | Partial<AutoComplete>): void {
    const defaults = { startAfterMs: 20, completeAfterMs: 60, artifactAfterMs: 0 };
    this.#auto = how === false ? null : { ...defaults, ...(how === true ? {} : how) };
  }

  /** The next automatic completions end badly and leave no artifact. */
  failRuns({ workflow, times = 1, conclusion = 'failure' }: FailedRuns): void {
    this.#failures.push({ workflow, left: times, conclusion });
  }

  find(repository: FakeRepository, id: string): FakeWorkflow | undefined {
    return repository.workflows.find((workflow) => named(workflow, id));
  }

  dispatch(repository: FakeRepository, workflow: FakeWorkflow, ref: string, inputs: Record<string, string>): FakeRun {
    const head = repository.git.resolve(ref);
    const isName = repository.git.branches.has(ref) || repository.git.tags.has(ref);
    if (!head || !isName) throw new DispatchRefused(`No ref found for: ${ref}`);
    if (workflow.state !== 'active') throw new DispatchRefused("Cannot trigger a 'workflow_dispatch' on a disabled workflow");
    const file: unknown = parse(head.files.get(workflow.path) ?? '');
    const effective = checkedInputs(file, inputs);
    const now = this.#now();
    const run: FakeRun = {
      id: this.#nextId(),
      workflow,
      ref,
      headSha: head.sha,
      title: titleOf(file, effective) || workflow.name,
      inputs: effective,
      number: repository.runs.filter((other) => other.workflow === workflow).length + 1,
      attempt: 1,
      status: 'queued',
      conclusion: null,
      createdAt: seconds(now),
      updatedAt: seconds(now),
      visibleAt: now.getTime() + this.runsVisibleAfterMs,
      artifacts: [],
    };
    repository.runs.push(run);
    this.#onChange(repository, run, 'requested');
    this.#schedule(repository, run);
    return run;
  }

  advance(repository: FakeRepository, run: FakeRun, status: string, conclusion: string | null = null): void {
    run.status = status;
    run.conclusion = conclusion;
    run.updatedAt = seconds(this.#now());
    if (status === 'in_progress' || status === 'completed') this.#onChange(repository, run, status);
  }

  rerun(repository: FakeRepository, run: FakeRun): void {
    run.attempt += 1;
    this.advance(repository, run, 'queued');
    this.#schedule(repository, run);
  }

  /** @param content `sizeBytes` of filling when absent */
  addArtifact(
    run: FakeRun,
    name: string,
    sizeBytes = 1_024,
    content: Uint8Array = Buffer.alloc(sizeBytes, `${run.id}/${name}`),
  ): FakeArtifact {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const createdAt = seconds(this.#now());
    const artifact = { id: this.#nextId(), name, sizeBytes: content.byteLength, digest, content, expired: false, createdAt };
    run.artifacts.push(artifact);
    return artifact;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(repository: FakeRepository, run: FakeRun): void {
    const auto = this.#auto;
    if (!auto) return;
    const attempt = run.attempt;
    const current = () => run.attempt === attempt && run.status !== 'completed';
    this.#after(auto.startAfterMs, () => {
      if (!current()) return;
      this.advance(repository, run, 'in_progress');
      this.#after(auto.completeAfterMs, () => {
        if (!current()) return;
        const failure = this.#failures.find((each) => each.left > 0 && (each.workflow === undefined || named(run.workflow, each.workflow)));
        if (failure) failure.left -= 1;
        this.advance(repository, run, 'completed', failure?.conclusion ?? 'success');
        if (failure) return;
        const names = auto.artifactNames?.(run) ?? [`${run.workflow.name}.zip`];
        this.#after(auto.artifactAfterMs, () => {
          for (const name of names) this.addArtifact(run, name);
        });
      });
    });
  }

  #after(ms: number, act: () => void): void {
    if (ms <= 0) {
      act();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

function named(workflow: FakeWorkflow, name: string): boolean {
  return [String(workflow.id), workflow.name, workflow.path, workflow.path.split('/').at(-1)].includes(name);
}

interface DeclaredInput {
  required?: boolean;
  default?: unknown;
  type?: string;
  options?: string[];
}

function checkedInputs(file: unknown, given: Record<string, string>): Record<string, string> {
  const on = member(file, 'on');
  const hasTrigger =
    on === 'workflow_dispatch' || (Array.isArray(on) ? on.includes('workflow_dispatch') : isMap(on) && 'workflow_dispatch' in on);
  if (!hasTrigger) throw new DispatchRefused("Workflow does not have 'workflow_dispatch' trigger");
  const declared = (member(member(on, 'workflow_dispatch'), 'inputs') ?? {}) as Record<string, DeclaredInput | null>;
  const unexpected = Object.keys(given).filter((name) => !(name in declared));
  if (unexpected.length > 0) throw new DispatchRefused(`Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  const result: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const value = given[name] ?? (input?.default === undefined ? undefined : String(input.default));
    if (value === undefined && input?.required === true) throw new DispatchRefused(`Required input '${name}' not provided`);
    if (value !== undefined && input?.type === 'choice' && !input.options?.includes(value)) {
      throw new DispatchRefused(`Provided value '${value}' for input '${name}' not in the list of allowed values`);
    }
    result[name] = value ?? '';
  }
  return result;
}

function titleOf(file: unknown, inputs: Record<string, string>): string {
  const title = member(file, 'run-name');
  if (typeof title !== 'string') return '';
  return title.replace(/\$\{\{\s*(?:github\.event\.)?inputs\.([\w-]+)\s*\}\}/g, (_all, name: string) => inputs[name] ?? '');
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isMap(value) ? value[name] : undefined;
}
