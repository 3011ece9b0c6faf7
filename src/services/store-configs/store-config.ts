import type { Sql } from '../../db/client.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import type { Provider } from '../../integrations/kit/define-provider.ts';
import type { ConfigBody, ConfigKind } from '../configs/config-resource.ts';
import type { Problem } from '../service-error.ts';

export const uploaders = ['CI', 'SIGNALBOX'] as const;

export interface StoreConfigBody extends ConfigBody {
  target: StoreTarget;
  /** Bundle id or package name. */
  appId: string;
  track: string;
  /** Who hands builds to the store: CI, or Signalbox with the artifact of the build. */
  uploadBy: (typeof uploaders)[number];
  /** 0 to 5; null = the store's default. */
  updatePriority: number | null;
}

/** One app on one track of a store connection. */
export const storeConfig: ConfigKind<StoreConfigBody> = {
  what: 'The store config',
  table: 'store_configs',
  category: 'store',
  problems: (body, provider) => (provider === null ? [] : providerProblems(body, provider)),
  fixedInUse: ['target'],
  columns: ['target', 'app_id', 'track', 'upload_by', 'update_priority'],
  values: (body) => [body.target, body.appId, body.track, body.uploadBy, body.updatePriority],
  isCopied: false,
  async bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
    const rows = await sql.rows<Omit<StoreConfigBody, keyof ConfigBody> & { id: string }>(
      `SELECT id, target, app_id AS appId, track, upload_by AS uploadBy, update_priority AS updatePriority
       FROM store_configs WHERE tenant_id = ? AND id IN (?)`,
      [tenantId, ids],
    );
    return new Map(rows.map(({ id, ...body }) => [id, body]));
  },
};

/** What its manifest alone tells. */
function providerProblems({ target, uploadBy }: StoreConfigBody, provider: Provider): Problem[] {
  const problems: Problem[] = [];
  if (provider.storeTarget !== target) {
    const served = provider.storeTarget ?? 'none';
    problems.push({ field: '/target', message: `is not what ${provider.displayName} releases to, which is ${served}` });
  }
  if (uploadBy === 'SIGNALBOX' && provider.storeUpload === undefined) {
    problems.push({ field: '/uploadBy', message: `must be CI: ${provider.displayName} takes no builds through its API` });
  }
  return problems;
}
