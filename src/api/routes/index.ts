import type { ApiDeps, App } from '../context.ts';
import { registerConfigsRoutes } from './configs.ts';
import { registerConnectionRoutes } from './connections.ts';
import { registerConnectionMetadataRoutes } from './connections-metadata.ts';
import { registerConnectionWebhookRoutes } from './connections-webhook.ts';
import { registerDocsRoutes } from './docs.ts';
import { registerHealthRoutes } from './health.ts';
import { registerMeRoutes } from './me.ts';
import { registerMemberRoutes } from './members.ts';
import { registerQueueBoardRoutes } from './queues-board.ts';
import { registerReleaseApprovalRoutes } from './release-approvals.ts';
import { registerReleaseBuildRoutes } from './release-builds.ts';
import { registerReleaseChangeRoutes } from './release-changes.ts';
import { registerReleaseCommandRoutes } from './release-commands.ts';
import { registerReleaseConfigRoutes } from './release-configs.ts';
import { registerReleaseHistoryRoutes } from './release-history.ts';
import { registerReleaseInsightRoutes } from './release-insight.ts';
import { registerReleaseSlotRoutes } from './release-slots.ts';
import { registerReleaseTaskRoutes } from './release-tasks.ts';
import { registerReleaseRoutes } from './releases.ts';
import { registerTenantRoutes } from './tenant.ts';
import { registerTokenRoutes } from './tokens.ts';
import { registerWebhookEventRoutes } from './webhook-events.ts';
import { registerWebhookRoutes } from './webhooks.ts';

/** Need no token: probes, webhooks (signed), the description of the API, and what asks for a login itself. */
export function registerOpenRoutes(app: App, deps: ApiDeps): void {
  registerHealthRoutes(app, deps);
  registerWebhookRoutes(app, deps);
  registerDocsRoutes(app, deps);
  registerQueueBoardRoutes(app, deps);
}

/** Behind the authentication and the tenant guard. */
export function registerProtectedRoutes(app: App, deps: ApiDeps): void {
  registerMeRoutes(app, deps);
  registerTenantRoutes(app, deps);
  registerTokenRoutes(app, deps);
  registerMemberRoutes(app, deps);
  registerConnectionRoutes(app, deps);
  registerConnectionWebhookRoutes(app, deps);
  registerConnectionMetadataRoutes(app, deps);
  registerConfigsRoutes(app, deps);
  registerReleaseConfigRoutes(app, deps);
  registerWebhookEventRoutes(app, deps);
  registerReleaseRoutes(app, deps);
  registerReleaseCommandRoutes(app, deps);
  registerReleaseTaskRoutes(app, deps);
  registerReleaseApprovalRoutes(app, deps);
  registerReleaseSlotRoutes(app, deps);
  registerReleaseHistoryRoutes(app, deps);
  registerReleaseInsightRoutes(app, deps);
  registerReleaseBuildRoutes(app, deps);
  registerReleaseChangeRoutes(app, deps);
}
