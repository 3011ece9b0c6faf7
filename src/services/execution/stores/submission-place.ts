import type { TrackService } from '../../../domain/deployment/plan.ts';
import type { StoreTarget } from '../../../domain/release/vocabulary.ts';
import type { DeploymentContext } from '../deployments/deployment-source.ts';
import type { ReleaseContext, ReleasePlatform } from '../release-source.ts';

/** What a submission is of: a target of a release, or a service of a deployment. */
export type SubmissionPlace = ReleaseSubmission | DeploymentSubmission;

interface Place {
  target: StoreTarget;
  taskId: string;
  /** For history: which version, of what. */
  named: string;
  /** The columns of its rows that say whose they are. */
  row: Readonly<Record<string, string>>;
}

export interface ReleaseSubmission extends Place {
  release: ReleaseContext;
  platform: ReleasePlatform;
}

export interface DeploymentSubmission extends Place {
  deployment: DeploymentContext;
  service: TrackService;
  task: { id: string; fence: number };
}

export const releaseSubmission = (
  release: ReleaseContext,
  platform: ReleasePlatform,
  target: StoreTarget,
  taskId: string,
): ReleaseSubmission => ({
  ...{ release, platform, target, taskId, named: `${platform.platform}/${target} ${platform.version}` },
  row: { release_id: release.id, platform_release_id: platform.id },
});

export const deploymentSubmission = (
  deployment: DeploymentContext,
  service: TrackService,
  version: string,
  task: { id: string; fence: number },
): DeploymentSubmission => ({
  ...{ deployment, service, task, taskId: task.id, target: service.target.store.target, named: `${service.name} ${version}` },
  row: { deployment_id: deployment.id, service_id: service.serviceId },
});

export const isOfRelease = (place: SubmissionPlace): place is ReleaseSubmission => 'release' in place;

/** The release or deployment: whose history it stands in, and whom others wait for. */
export const ownerOf = (place: SubmissionPlace): { id: string; tenantId: string } =>
  isOfRelease(place) ? place.release : place.deployment;

/** A condition on the rows of the place, and its values. */
export const columnsOf = (place: SubmissionPlace): [string, string[]] =>
  isOfRelease(place)
    ? ['release_id = ? AND target = ?', [place.release.id, place.target]]
    : ['deployment_id = ? AND service_id = ?', [place.deployment.id, place.service.serviceId]];
