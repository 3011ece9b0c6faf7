import type { Database } from '../../../db/client.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import type { Ring } from '../../../platform/ring.ts';
import type { Connector } from '../../connections/connect.ts';
import { createBundleFiles } from './bundle.ts';
import { createStoreBuildService } from './store-build-service.ts';
import { createStoreEvidenceService } from './store-evidence-service.ts';
import { createStoreService } from './store-service.ts';
import { createSubmissionService } from './submission-service.ts';
import { createTrackRolloutService } from './track-rollout-service.ts';
import { createTurnService } from './turn-service.ts';

/** What deployments to store tracks work with, most of it releases' as well. */
export function createTrackServices({
  db,
  ring,
  connector,
  artifacts,
}: {
  db: Database;
  ring: Ring;
  connector: Connector;
  artifacts: ArtifactStore;
}) {
  const stores = createStoreService(connector);
  return {
    stores,
    evidence: createStoreEvidenceService(db, connector),
    storeBuilds: createStoreBuildService(db, stores, createBundleFiles(artifacts)),
    submissions: createSubmissionService(db, ring),
    trackRollouts: createTrackRolloutService(db, ring),
    turns: createTurnService(db, ring),
  };
}
