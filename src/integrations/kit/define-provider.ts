import type { z } from 'zod';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import type { AppCatalogue } from '../capabilities/app-catalogue.ts';
import type { AppStore } from '../capabilities/app-store.ts';
import type { Ci } from '../capabilities/ci.ts';
import type { DeployTarget } from '../capabilities/deploy-target.ts';
import type { InteractionSource } from '../capabilities/interaction-source.ts';
import type { IssueTracker } from '../capabilities/issue-tracker.ts';
import type { JobRunner } from '../capabilities/job-runner.ts';
import type {
  ChannelDirectory,
  EphemeralReply,
  FileSharing,
  MessageEditing,
  MessageHistory,
  Messaging,
  PeopleDirectory,
} from '../capabilities/messaging.ts';
import type { MetricsSource } from '../capabilities/metrics-source.ts';
import type { ReleaseObjects } from '../capabilities/release-objects.ts';
import type { SchemaMigrator } from '../capabilities/schema-migrator.ts';
import type { SourceArchive } from '../capabilities/source-archive.ts';
import type { SourceControl } from '../capabilities/source-control.ts';
import type { StagedRollout } from '../capabilities/staged-rollout.ts';
import type { StoreUpload } from '../capabilities/store-upload.ts';
import type { SubmissionWithdrawal } from '../capabilities/submission-withdrawal.ts';
import type { TestCatalogue } from '../capabilities/test-catalogue.ts';
import type { TestManagement, TestRunLocking } from '../capabilities/test-management.ts';
import type { TrafficRouter } from '../capabilities/traffic-router.ts';
import type { WebhookRegistrar } from '../capabilities/webhook-registrar.ts';
import type { WebhookSource } from '../capabilities/webhook-source.ts';
import type { Download } from './download.ts';
import type { GuardedFetch } from './http.ts';
import type { Session } from './session.ts';
import type { TokenCache } from './token-cache.ts';
import type { Upload } from './upload.ts';

/** The connection categories of the API; a provider may serve several. */
export const categories = [
  'scm',
  'ci-cd',
  'project-management',
  'test-management',
  'communication',
  'store',
  'deployment',
  'monitoring',
] as const;
export type Category = (typeof categories)[number];

/** What an adapter instance works with; built per connection and per task attempt, so that `fetch` carries that attempt's abort signal. */
export interface AdapterDeps {
  fetch: GuardedFetch;
  /** For bodies that do not fit into memory: artifacts. */
  download: Download;
  /** The same, the other way: builds, notes as files. */
  upload: Upload;
  /** For what is no HTTP: mail servers. */
  session: Session;
  /** Short-lived tokens that providers hand out for the connection's credentials; outlives the adapter. */
  tokens: TokenCache;
  /** The connection's tenant's own directory on this machine, absolute; it may not exist yet. null = the operator allows nothing here. */
  localRoot: string | null;
  now: () => Date;
}

/** One connection of one tenant, decrypted. Credentials hold `Secret` values. */
export interface Connection<Credentials = unknown, Settings = unknown> {
  id: string;
  /** Without trailing slash. */
  baseUrl: string;
  credentials: Credentials;
  settings: Settings;
}

/** The provider's answer to "do these credentials do what Signalbox needs?". */
export type Verification =
  | {
      ok: true;
      /** Who the provider says we are. */
      account: string;
      /** ISO 8601 when the credential expires, if the provider tells. */
      expiresAt: string | null;
      rateLimit: { limit: number; remaining: number; resetsAt: string | null } | null;
    }
  /** Each problem names what is missing and what to do about it. */
  | { ok: false; problems: string[] };

type Factory<C, S, Capability> = (connection: Connection<C, S>, deps: AdapterDeps) => Capability;

export interface Provider<C = unknown, S = unknown> {
  id: string;
  displayName: string;
  categories: readonly Category[];
  /** Used when a connection names no base URL; `null` = the user must give one. */
  defaultBaseUrl: string | null;
  /** Of the base URL, without colon; `http` and `https` when absent. */
  baseUrlSchemes?: readonly string[];
  /** The credential form. Every secret field ends in a `Secret` (see `secretField`). */
  credentials: z.ZodType<C>;
  /** What is not secret: repository, project, … */
  settings: z.ZodType<S>;
  /** Throws `ProviderError` only when the question could not be asked (time-out, unavailable, rate limit). */
  verify(connection: Connection<C, S>, deps: AdapterDeps, category: Category): Promise<Verification>;
  sourceControl?: Factory<C, S, SourceControl>;
  sourceArchive?: Factory<C, S, SourceArchive>;
  releaseObjects?: Factory<C, S, ReleaseObjects>;
  ci?: Factory<C, S, Ci>;
  issueTracker?: Factory<C, S, IssueTracker>;
  testManagement?: Factory<C, S, TestManagement>;
  testRunLocking?: Factory<C, S, TestRunLocking>;
  testCatalogue?: Factory<C, S, TestCatalogue>;
  messaging?: Factory<C, S, Messaging>;
  messageHistory?: Factory<C, S, MessageHistory>;
  messageEditing?: Factory<C, S, MessageEditing>;
  channelDirectory?: Factory<C, S, ChannelDirectory>;
  peopleDirectory?: Factory<C, S, PeopleDirectory>;
  ephemeralReply?: Factory<C, S, EphemeralReply>;
  fileSharing?: Factory<C, S, FileSharing>;
  interactions?: InteractionSource;
  appStore?: Factory<C, S, AppStore>;
  /** With `appStore`: the target that its apps are released on. */
  storeTarget?: StoreTarget;
  stagedRollout?: Factory<C, S, StagedRollout>;
  storeUpload?: Factory<C, S, StoreUpload>;
  submissionWithdrawal?: Factory<C, S, SubmissionWithdrawal>;
  appCatalogue?: Factory<C, S, AppCatalogue>;
  deployTarget?: Factory<C, S, DeployTarget>;
  trafficRouter?: Factory<C, S, TrafficRouter>;
  metricsSource?: Factory<C, S, MetricsSource>;
  schemaMigrator?: Factory<C, S, SchemaMigrator>;
  jobRunner?: Factory<C, S, JobRunner>;
  webhook?: WebhookSource;
  /** Where the provider's API can set up webhooks. */
  webhookRegistrar?: Factory<C, S, WebhookRegistrar>;
  /** With `webhook`: how a person sets it up, one step each, in Markdown. Names the secret by its field, never its value. */
  webhookInstructions?(input: { url: string }): string[];
}

/** Checks a manifest's types where it is written and erases them where providers are looked up by id. */
export function defineProvider<C, S>(provider: Provider<C, S>): Provider {
  return provider as unknown as Provider;
}
