import type { TenantEffects } from './effects.ts';
import type { CiChoice, ScmChoice } from './hosts/host.ts';
import type { RobotTimes } from './robots/robot.ts';
import type { Fakes, SandboxTenant, TenantAccess, TenantChoice } from './tenant.ts';
import type { SentWebhook, WebhookTarget } from './webhooks.ts';

export const sandboxPorts = ['github', 'gitlab', 'bitbucket', 'jenkins', 'jira', 'checkmate', 'slack', 'control'] as const;
export type SandboxPort = (typeof sandboxPorts)[number];

export interface SandboxOptions {
  /** Free ones where absent. */
  ports?: Partial<Record<SandboxPort, number>>;
  /** Where every team keeps its code; GitHub when absent. */
  scm?: ScmChoice;
  /** What builds it; GitHub Actions when absent. */
  ci?: CiChoice;
  /** Teams that have chosen otherwise, by name. */
  choices?: Readonly<Record<string, TenantChoice>>;
  /** People and machines outside; all of them when absent or true. Those that are not named keep their times. */
  robots?: boolean | Partial<RobotTimes>;
  /** 10 = everybody is ten times as fast; 1 when absent. */
  speed?: number;
  /** Teams; `['Acme']` when absent. The first one's repository is acme/shop. */
  tenants?: readonly string[];
}

export interface PointedWebhooks {
  /** Source control and CI are separate connections, each with an address of its own. */
  scm?: WebhookTarget | WebhookTarget[];
  ci?: WebhookTarget | WebhookTarget[];
  jira?: WebhookTarget | WebhookTarget[];
}

/** The providers of a team, with a small believable world in them, and those who act there without being asked. */
export interface Sandbox {
  /** The servers, with their worlds: `fakes.github.world.failRuns(…)`, `fakes.jira.failNext(…)`. */
  readonly fakes: Fakes;
  /** In the order they were added. */
  readonly tenants: readonly SandboxTenant[];
  readonly controlOrigin: string;
  /** What the relay sent; GitLab's own deliveries are in its world. */
  readonly sentWebhooks: readonly SentWebhook[];
  /** Every provider's host and port, as `OUTBOUND_ALLOW` takes them. */
  readonly outboundAllow: string;
  addTenant(name: string): SandboxTenant;
  /** The first one when the name is absent. @throws Error when there is none of that name */
  tenant(name?: string): SandboxTenant;
  access(name?: string): TenantAccess;
  pointWebhooks(name: string | undefined, targets: PointedWebhooks): void;
  effects(name?: string): TenantEffects;
  /** Puts released versions into the repository's past that an earlier sandbox has seen and this one has not. */
  rememberReleases(name: string | undefined, tags: readonly string[]): void;
  close(): Promise<void>;
}
