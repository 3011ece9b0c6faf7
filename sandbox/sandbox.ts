import type { TenantEffects } from './effects.ts';
import type { Fakes } from './fakes.ts';
import type { CiChoice, ScmChoice } from './hosts/host.ts';
import type { RobotTimes } from './robots/robot.ts';
import type { ConsoleAct, StorePlace } from './stores/store.ts';
import type { SandboxTenant, TenantAccess, TenantChoice } from './tenant.ts';
import type { TrackerChoice } from './trackers/tracker.ts';
import type { SentWebhook, WebhookTarget } from './webhooks.ts';

export const sandboxPorts = [
  ...(['github', 'gitlab', 'bitbucket', 'jenkins', 'jira', 'linear', 'asana', 'monday', 'clickup'] as const),
  ...(['checkmate', 'slack', 'appStoreConnect', 'googlePlay', 'control'] as const),
] as const;
export type SandboxPort = (typeof sandboxPorts)[number];

export interface SandboxOptions {
  /** Free ones where absent. */
  ports?: Partial<Record<SandboxPort, number>>;
  /** Where every team keeps its code; GitHub when absent. */
  scm?: ScmChoice;
  /** What builds it; GitHub Actions when absent. */
  ci?: CiChoice;
  /** Where its tickets are; Jira when absent. */
  tracker?: TrackerChoice;
  /** Whether every team's app is in the stores, too; no when absent. */
  stores?: boolean;
  /** Teams that have chosen otherwise, by name. */
  choices?: Readonly<Record<string, Partial<TenantChoice>>>;
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
  tracker?: WebhookTarget | WebhookTarget[];
  stores?: Partial<Record<StorePlace['target'], WebhookTarget | WebhookTarget[]>>;
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
  /** The store's reviewer turns the next version down, once. */
  rejectNext(name: string | undefined, target: StorePlace['target'], reason: string): void;
  /** Somebody at the store's console, about the version that was sent there last. @throws ConsoleRefusal where it does not offer that */
  inConsole(name: string | undefined, target: StorePlace['target'], act: ConsoleAct): void;
  /** As people set them up at each provider by hand. @throws Error where a provider asks an address first and it does not answer */
  pointWebhooks(name: string | undefined, targets: PointedWebhooks): Promise<void>;
  effects(name?: string): TenantEffects;
  /** Puts released versions into the repository's past that an earlier sandbox has seen and this one has not. */
  rememberReleases(name: string | undefined, tags: readonly string[]): void;
  close(): Promise<void>;
}
