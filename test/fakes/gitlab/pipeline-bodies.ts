import { commit, user, webUrl } from './bodies.ts';
import type { FakeJob, FakePipeline } from './pipeline.ts';
import type { FakeProject } from './project.ts';

/** GitLab's JSON of pipelines and jobs. */

export function basicPipeline(project: FakeProject, pipeline: FakePipeline) {
  const { id, iid, sha, ref, status, source, createdAt, updatedAt } = pipeline;
  return {
    id,
    iid,
    project_id: project.id,
    sha,
    ref,
    status,
    source,
    created_at: createdAt,
    updated_at: updatedAt,
    web_url: webUrl(project, `/-/pipelines/${id}`),
  };
}

export function pipeline(project: FakeProject, of: FakePipeline) {
  return {
    ...basicPipeline(project, of),
    before_sha: '0'.repeat(40),
    tag: of.isTag,
    yaml_errors: null,
    user: user(of.user),
    started_at: null,
    finished_at: null,
    committed_at: null,
    duration: null,
    queued_duration: null,
    coverage: null,
    detailed_status: {
      icon: `status_${of.status}`,
      text: of.status,
      label: of.status,
      group: of.status,
      tooltip: of.status,
      has_details: true,
      details_path: `/${project.path}/-/pipelines/${of.id}`,
      favicon: `/assets/ci_favicons/${of.status}.png`,
    },
  };
}

export function job(project: FakeProject, of: FakePipeline, { id, name, stage, status, archive, createdAt }: FakeJob) {
  const head = project.git.commits.get(of.sha);
  const file = archive && { file_type: 'archive', size: archive.bytes.byteLength, filename: archive.filename, file_format: 'zip' };
  return {
    id,
    status,
    stage,
    name,
    ref: of.ref,
    tag: of.isTag,
    coverage: null,
    allow_failure: false,
    created_at: createdAt,
    started_at: null,
    finished_at: null,
    erased_at: null,
    duration: null,
    queued_duration: null,
    user: user(of.user),
    ...(head ? { commit: commit(project, head) } : {}),
    pipeline: basicPipeline(project, of),
    web_url: webUrl(project, `/-/jobs/${id}`),
    project: { ci_job_token_scope_enabled: false },
    // Gone from the answer once it has expired; the list of files keeps it until the sweeper comes.
    ...(archive && !archive.expired ? { artifacts_file: { filename: archive.filename, size: archive.bytes.byteLength } } : {}),
    artifacts: file ? [file] : [],
    runner: null,
    runner_manager: null,
    artifacts_expire_at: archive?.expired ? createdAt : null,
    archived: false,
    tag_list: [],
  };
}
