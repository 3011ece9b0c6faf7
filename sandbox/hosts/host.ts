import type { WebhookTarget } from '../webhooks.ts';

/** Where a team of the sandbox keeps its code and builds it. People choose, as they choose a tracker; the rest of the sandbox is the same for all. */

export const scmChoices = ['github', 'gitlab', 'bitbucket'] as const;
export type ScmChoice = (typeof scmChoices)[number];
export const ciChoices = ['github', 'gitlab', 'jenkins'] as const;
export type CiChoice = (typeof ciChoices)[number];

/** What a person would type into the form of a connection. */
export interface ConnectionAccess {
  /** Of the server, for `OUTBOUND_ALLOW`. */
  origin: string;
  provider: string;
  displayName: string;
  baseUrl: string;
  credentials: Record<string, string>;
  settings: Record<string, string>;
}

/** `Jira` of `Sandbox Jira`. */
export const nameOf = ({ displayName }: Pick<ConnectionAccess, 'displayName'>): string => displayName.replace('Sandbox ', '');

/** Which workflow serves which purpose, as a CI config says it. */
export interface WorkflowChoice {
  platform: string;
  workflowType: string;
  workflowId: string;
  displayName: string;
  inputs: Record<string, string>;
}

export interface Push {
  branch: string;
  before: string;
  after: string;
  message: string;
  by: { name: string; email: string; login: string | null };
}

/** A team's repository at one source-control provider. */
export interface CodeHost {
  access: ConnectionAccess;
  releases(): { tag: string; name: string; body: string }[];
  /** Where its webhooks go from now on. */
  point(targets: readonly WebhookTarget[]): void;
  /** Somebody pushed: webhooks are told. */
  pushed(push: Push): void;
}

/** A run of a CI, in its provider's own words. */
export interface RunEffect {
  id: string;
  workflow: string;
  ref: string;
  commit: string;
  correlationId: string | null;
  status: string;
  conclusion: string | null;
  attempt: number;
  artifacts: string[];
}

/** Where each CI takes our correlation id: an input, a variable, a parameter. */
export const correlationIdOf = (inputs: Record<string, string | undefined>): string | null =>
  inputs.signalbox_correlation_id || inputs.SIGNALBOX_CORRELATION_ID || null;

/** A team's CI. */
export interface CiHost {
  access: ConnectionAccess;
  workflows: readonly WorkflowChoice[];
  runs(): RunEffect[];
  /** What a run has left under this name; null where it has not. */
  artifact(runId: string, name: string): Uint8Array | null;
  point(targets: readonly WebhookTarget[]): void;
}
