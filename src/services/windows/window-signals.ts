import type { Sql } from '../../db/client.ts';
import { signal } from '../../engine/signal.ts';
import type { Wake } from '../../platform/ring.ts';

/*
 * What waits for a window subscribes to the tenant's windows, as others do to a connection: a window that is changed, and a subject that is let
 * pass, hurry it. It wakes by itself when the window opens.
 */

const CHANGED = 'windows-changed';

export const windowSignals = (tenantId: string) => [{ integrationId: tenantId, key: CHANGED }];

export const windowsChanged = (sql: Sql, tenantId: string): Promise<Wake[]> => signal(sql, tenantId, [CHANGED]);
