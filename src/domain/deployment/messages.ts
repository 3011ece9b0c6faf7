import type { MessageContent, MessageSection } from '../message.ts';
import type { AskedApprovals } from '../release/notification-data.ts';
import { asked, at, type Field, field, oneLine, saysSomething, text } from '../release/notification-pieces.ts';
import type { Bucket } from '../release/vocabulary.ts';
import type { DeploymentKind, DeploymentStatus } from './vocabulary.ts';

/** What every message about a deployment carries. */
export interface DeploymentSummary {
  /** `DEP-7`. */
  displayId: string;
  kind: DeploymentKind;
  status: DeploymentStatus;
  app: string;
  environment: string;
  requestedBy: string;
  /** Why it was asked for, in the words of whoever asked. */
  reason: string | null;
  services: readonly DeployedService[];
}

export interface DeployedService {
  name: string;
  status: string;
  /** The version that serves before; null = nothing is installed. */
  from: string | null;
  /** null = it is still to be built. */
  to: string | null;
  /** Share of the traffic that the new version has, per cent; null = it has no rollout. */
  weight: number | null;
}

interface Ended {
  /** Why it did not succeed; null = nothing went wrong so far. */
  failure: string | null;
}

interface Waiting {
  /** One sentence; null = it is over. */
  waitsFor: string | null;
}

/** An approval that people have not given. */
interface WaitingApproval {
  /** How many approvals there are, and how many are needed. */
  missing: string;
  /** ISO 8601: since when people are asked. */
  since: string;
}

/** What people are asked for; `decided`: what became of it, in words that go after its name. */
interface Decided {
  decided?: string;
}

/** The rollout of one service, on a step that a person ends. */
interface AskedStep extends Decided {
  service: string;
  /** The new one. */
  version: string;
  /** From 1. */
  step: number;
  steps: number;
  /** Share of the traffic that the new version has, per cent. */
  weight: number;
  /** Whether all traffic comes next. */
  promotes: boolean;
}

/** The rollout of one service that stands still because what is measured shows nothing that it could go on by. */
interface AskedEvidence extends Decided {
  service: string;
  /** The new one. */
  version: string;
  /** From 1. */
  step: number;
  steps: number;
  /** Share of the traffic that the new version has, per cent. */
  weight: number;
  /** What is lacking, one sentence. */
  lacking: string;
  /** ISO 8601: when it is taken back unless a person goes on. */
  takenBackAt: string;
}

/** What people hear of deployments. DEPLOYMENT_STATUS is one message per deployment, and requests are one per gate, step or lack of evidence, all changed in place. */
export interface DeploymentMessageData {
  DEPLOYMENT_STATUS: Ended & Waiting;
  DEPLOYMENT_APPROVAL_REQUEST: AskedApprovals & Decided;
  DEPLOYMENT_PROMOTION_REQUEST: AskedStep;
  DEPLOYMENT_EVIDENCE_REQUEST: AskedEvidence;
  /** `number`: the how-manieth it is. */
  DEPLOYMENT_APPROVAL_REMINDER: WaitingApproval & { number: number };
  /** `people`: who is called upon; `critical`: it goes to the channels for what is critical. */
  DEPLOYMENT_APPROVAL_ESCALATION: WaitingApproval & { critical: boolean; people: readonly string[] };
  DEPLOYMENT_FAILED: Ended;
  DEPLOYMENT_ROLLED_BACK: Ended;
  ROLLBACK_FAILED: Ended;
  CANCELLATION_OVERDUE: Waiting;
}

export type DeploymentMessageType = keyof DeploymentMessageData;

/** What `renderDeploymentMessage` takes for a type: its own data and the deployment. */
export type DeploymentMessageInput<T extends DeploymentMessageType> = { deployment: DeploymentSummary } & DeploymentMessageData[T];

interface Template<T extends DeploymentMessageType> {
  bucket: Bucket;
  /** Goes after `DEP-7: `. */
  headline: (deployment: DeploymentSummary, data: DeploymentMessageInput<T>) => string;
  sections: (data: DeploymentMessageInput<T>) => MessageSection[];
}

const templates: { [T in DeploymentMessageType]: Template<T> } = {
  DEPLOYMENT_STATUS: {
    bucket: 'releases',
    headline: ({ kind, app, environment, status }) =>
      `${kind === 'ROLLBACK' ? 'rollback of' : 'deployment of'} ${app} to ${environment}: ${status}`,
    sections: (data) => [text(data.failure), text(data.waitsFor)],
  },
  DEPLOYMENT_APPROVAL_REQUEST: {
    bucket: 'releases',
    headline: ({ app, environment }, { decided }) =>
      decided === undefined
        ? `${app} waits for approval to be deployed to ${environment}`
        : `the deployment of ${app} to ${environment} ${decided}`,
    sections: (data) => asked(data, 'It goes no further by itself.'),
  },
  DEPLOYMENT_PROMOTION_REQUEST: {
    bucket: 'releases',
    headline: ({ environment }, { service, version, promotes, decided }) =>
      decided === undefined
        ? `${service} ${version} waits for a person to ${promotes ? 'promote' : 'advance'} it in ${environment}`
        : `${service} ${version} in ${environment} ${decided}`,
    sections: (data) => [stepSection(data)],
  },
  DEPLOYMENT_EVIDENCE_REQUEST: {
    bucket: 'releases',
    headline: ({ environment }, { service, version, decided }) =>
      decided === undefined
        ? `there is no evidence about ${service} ${version} in ${environment}: a person goes on without, or it is taken back`
        : `${service} ${version} in ${environment} ${decided}`,
    sections: (data) => [text(data.lacking), evidenceSection(data)],
  },
  DEPLOYMENT_APPROVAL_REMINDER: {
    bucket: 'releases',
    headline: ({ app, environment }) => `${app} still waits for approval to be deployed to ${environment}`,
    sections: (data) => [approvalSection(data, [field('Reminder', String(data.number))])],
  },
  DEPLOYMENT_APPROVAL_ESCALATION: {
    bucket: 'releases',
    headline: ({ app, environment }) => `nobody has seen to it: ${app} waits for approval to be deployed to ${environment}`,
    sections: (data) => [approvalSection(data, data.people.length === 0 ? [] : [field('Called upon', data.people.join(', '))])],
  },
  DEPLOYMENT_FAILED: {
    bucket: 'critical',
    headline: ({ app, environment }) => `deployment of ${app} to ${environment} failed; nothing was changed`,
    sections: (data) => [text(data.failure)],
  },
  DEPLOYMENT_ROLLED_BACK: {
    bucket: 'critical',
    headline: ({ app, environment }) => `deployment of ${app} to ${environment} was rolled back`,
    sections: (data) => [text(data.failure)],
  },
  ROLLBACK_FAILED: {
    bucket: 'critical',
    headline: ({ app, environment }) => `rollback of ${app} in ${environment} failed: somebody must see to it`,
    sections: (data) => [text(data.failure)],
  },
  CANCELLATION_OVERDUE: {
    bucket: 'critical',
    headline: ({ app, environment }) => `deployment of ${app} to ${environment} was cancelled and is not over yet`,
    sections: (data) => [text(data.waitsFor)],
  },
};

export const deploymentMessageTypes = Object.keys(templates) as DeploymentMessageType[];

export const isDeploymentMessage = (type: string): type is DeploymentMessageType => Object.hasOwn(templates, type);

/** Which channels a message goes to, and what it says. Types that are not in the table do not compile. */
export function renderDeploymentMessage<T extends DeploymentMessageType>(
  type: T,
  data: DeploymentMessageInput<T>,
): { type: T; data: object; bucket: Bucket; content: MessageContent; about: MessageSection } {
  const template: Template<T> = templates[type];
  const { deployment } = data;
  const about = aboutDeployment(deployment);
  const sections = [...template.sections(data), servicesSection(deployment.services), about];
  return {
    ...{ type, data, about },
    bucket: 'critical' in data && data.critical === true ? 'critical' : template.bucket,
    content: {
      summary: oneLine(`${deployment.displayId}: ${template.headline(deployment, data)}`),
      sections: sections.filter(saysSomething),
    },
  };
}

const servicesSection = (services: readonly DeployedService[]): MessageSection => ({
  heading: 'Services',
  fields: services.map(({ name, status, from, to, weight }) =>
    field(name, `${from ?? 'nothing'} → ${to ?? 'a new build'}: ${status}${weight === null ? '' : ` (${weight} %)`}`),
  ),
});

/** What every message about a deployment ends with. */
function aboutDeployment({ displayId, app, environment, requestedBy, reason }: DeploymentSummary): MessageSection {
  const asked = [field('Requested by', requestedBy), ...(reason === null ? [] : [field('Reason', reason)])];
  return { fields: [field('Deployment', displayId), field('App', app), field('Environment', environment), ...asked] };
}

const stepSection = ({ step, steps, weight, promotes }: AskedStep): MessageSection => ({
  fields: [
    field('Step', `${step} of ${steps}${promotes ? ', before it gets all traffic' : ''}`),
    field('Share of the traffic', `${weight} %`),
  ],
});

const evidenceSection = ({ step, steps, weight, takenBackAt, decided }: AskedEvidence): MessageSection => ({
  fields: [
    field('Step', `${step} of ${steps}`),
    field('Share of the traffic', `${weight} %`),
    ...(decided === undefined ? [field('Taken back at', at(takenBackAt))] : []),
  ],
});

const approvalSection = ({ missing, since }: WaitingApproval, more: readonly Field[]): MessageSection => ({
  fields: [field('Approvals', missing), field('Asked at', at(since)), ...more],
});
