import { isValid } from 'ulid';
import type { CiRun } from '../../../integrations/capabilities/ci.ts';
import { askConnection } from '../../connections/ask-connection.ts';
import { lacks } from '../../connections/ask-provider.ts';
import { ciOf } from '../../connections/ci-metadata.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { conflict, invalid } from '../../service-error.ts';
import { findUpload, type UploadRow } from '../../uploads/upload-row.ts';
import type { AdoptionPlace } from './adoption-place.ts';

/** Exactly one of the first three. */
export interface SourceChoice {
  /** Handle of a run at the release's CI, or the address of its page. */
  ciRun?: string | undefined;
  uploadId?: string | undefined;
  storeBuildNumber?: string | undefined;
  /** What an upload or a store build was made from, where the caller knows it. */
  commit?: string | undefined;
}

interface WithCommit {
  commit: string | null;
  /** Whether not knowing the commit counts as another one: a CI knows; people who upload vouch for what they send. */
  mustHaveCommit: boolean;
}

export type FoundSource = WithCommit &
  ({ kind: 'run'; integrationId: string; run: CiRun } | { kind: 'upload'; upload: UploadRow } | { kind: 'store'; buildNumber: string });

type Deps = Pick<ServiceDeps, 'db' | 'connector'>;

/** What is to be adopted, verified where it lies. @throws ServiceError invalid, conflict; ProviderError for whatever a provider has against it */
export async function findSource(deps: Deps, caller: Caller, place: AdoptionPlace, choice: SourceChoice): Promise<FoundSource> {
  const commit = choice.commit?.toLowerCase() ?? null;
  if (choice.ciRun !== undefined) return findRun(deps, caller, place, choice.ciRun);
  if (choice.uploadId !== undefined) return findFile(deps, place, choice.uploadId, commit);
  return findInStore(deps, caller, place, choice.storeBuildNumber ?? '', commit);
}

async function findRun(deps: Deps, { tenantId }: Caller, { config, platform }: AdoptionPlace, reference: string): Promise<FoundSource> {
  const wrong = (message: string) => invalid([{ field: '/ciRun', message }]);
  if (config.buildMode === 'MANUAL') throw wrong('cannot be followed: this release is built by hand; send an upload');
  const [ci] = await deps.db.rows<{ integrationId: string }>(
    'SELECT integration_id AS integrationId FROM ci_cd_configs WHERE tenant_id = ? AND id = ?',
    [tenantId, config.ciConfigId ?? ''],
  );
  if (ci === undefined) throw wrong('cannot be looked for: this release has no CI');
  const { integrationId } = ci;
  const run = await askConnection(deps, { category: 'ci-cd', tenantId, id: integrationId }, async (open) => {
    const handle = ciOf(open).handleOf(reference.trim());
    if (handle === null) throw wrong(`is neither a run of ${open.provider.displayName} nor the address of one`);
    return ciOf(open).run(handle);
  });
  if (run === null) throw wrong('is no run that the CI of this release knows');
  if (run.state.kind === 'failed' || run.state.kind === 'cancelled') {
    throw conflict(
      `The run ${run.url ?? run.handle} ${run.state.kind === 'failed' ? 'failed' : 'was cancelled'}: it is no ${platform} build.`,
    );
  }
  return { kind: 'run', integrationId, run, commit: run.commit?.toLowerCase() ?? null, mustHaveCommit: true };
}

async function findFile(deps: Deps, place: AdoptionPlace, uploadId: string, commit: string | null): Promise<FoundSource> {
  const upload = isValid(uploadId) ? await findUpload(deps.db, place.tenantId, place.releaseId, uploadId) : null;
  if (upload === null) throw invalid([{ field: '/uploadId', message: 'is no upload of this release' }]);
  if (upload.platform !== place.platform || upload.type !== place.type) {
    const message = `is a ${upload.type} of ${upload.platform}; ${place.task.key} takes a ${place.type} of ${place.platform}`;
    throw invalid([{ field: '/uploadId', message }]);
  }
  return { kind: 'upload', upload, commit, mustHaveCommit: false };
}

async function findInStore(
  deps: Deps,
  { tenantId }: Caller,
  { config, target, version, task }: AdoptionPlace,
  buildNumber: string,
  commit: string | null,
): Promise<FoundSource> {
  const wrong = (message: string) => invalid([{ field: '/storeBuildNumber', message }]);
  const store = config.stores.find((candidate) => candidate.target === target);
  if (store === undefined) throw wrong(`cannot be looked for: ${task.key} brings nothing to a store`);
  const build = await askConnection(
    deps,
    { category: 'store', tenantId, id: store.integrationId },
    ({ provider, connection, deps: adapter }) => {
      const appStore = provider.appStore?.(connection, adapter);
      if (appStore === undefined) throw lacks(provider, 'store');
      const app = { appId: store.appId, track: store.track };
      return appStore.findBuild({ app, version, buildNumber, sha256: null, uploadedSince: null });
    },
  );
  if (build === null || (build.version !== null && build.version !== version)) {
    throw wrong(`is no build of ${version} that the store has`);
  }
  if (build.state.kind === 'refused' || build.state.kind === 'expired') {
    const why = build.state.kind === 'refused' ? `does not take it: ${build.state.reason}` : 'has let it expire';
    throw conflict(`The store ${why} (build ${buildNumber}).`);
  }
  return { kind: 'store', buildNumber: build.buildNumber, commit, mustHaveCommit: false };
}
