import type { FrozenConfig } from '../../domain/release/config.ts';

/** One writer at a time per repository, tasks and people alike: tags, branches and picks of two releases never interleave. */
export const repositoryLock = ({ scmIntegrationId }: Pick<FrozenConfig, 'scmIntegrationId'>): string => `repository:${scmIntegrationId}`;
