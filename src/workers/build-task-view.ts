import type { Build } from '../services/execution/builds/build-service.ts';

/** A build as the output of its task keeps it. */
export function viewOf(build: Build): Record<string, string | null> {
  const { id, platform, status, providerState, url, artifactName, artifactUrl, otherCommitReason = null } = build;
  return {
    ...{ id, platform, status, providerState, url, artifactName, artifactUrl },
    ...(otherCommitReason === null ? {} : { otherCommitReason }),
  };
}
