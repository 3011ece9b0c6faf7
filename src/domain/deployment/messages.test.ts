import { describe, expect, it } from 'vitest';
import { examples } from '../notifications/examples.ts';
import { exampleOf } from '../notifications/own-words.ts';
import { type DeploymentSummary, deploymentMessageTypes, renderDeploymentMessage } from './messages.ts';

const deployment: DeploymentSummary = {
  ...{ displayId: 'DEP-7', kind: 'DEPLOY', status: 'DEPLOYING', app: 'shop', environment: 'live', requestedBy: 'Ada' },
  reason: 'new prices',
  services: [{ name: 'api', status: 'CHANGING', from: '1.0.0', to: '2.0.0', weight: 25 }],
};
const waitsFor = 'DEPLOY_SERVICE/api waits for a window that allows it';
const escalation = examples.DEPLOYMENT_APPROVAL_ESCALATION;

describe('messages about deployments', () => {
  it('name the deployment, the services with their versions, and what it waits for', () => {
    const { content } = renderDeploymentMessage('DEPLOYMENT_STATUS', { deployment, failure: null, waitsFor });

    expect(content.summary).toBe('DEP-7: deployment of shop to live: DEPLOYING');
    expect(JSON.stringify(content.sections)).toContain('1.0.0 → 2.0.0: CHANGING (25 %)');
    expect(content.sections[0]).toEqual({ text: waitsFor });
  });

  it('say why it failed', () => {
    const { content } = renderDeploymentMessage('ROLLBACK_FAILED', { deployment, failure: 'ROLL_BACK_SERVICE/api: refused' });

    expect(content.sections[0]).toEqual({ text: 'ROLL_BACK_SERVICE/api: refused' });
  });

  it('end with what they are about and who asked for it', () => {
    const { about, content } = renderDeploymentMessage('DEPLOYMENT_APPROVAL_REQUEST', { deployment, quorum: 1 });

    expect(content.sections.at(-1)).toEqual(about);
    expect(about.fields?.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Deployment: DEP-7',
      'App: shop',
      'Environment: live',
      'Requested by: Ada',
      'Reason: new prices',
    ]);
  });

  it('page somebody when something is wrong, and nobody when all is well', () => {
    const ofEscalation = (critical: boolean) =>
      renderDeploymentMessage('DEPLOYMENT_APPROVAL_ESCALATION', { ...escalation, critical }).bucket;
    const others = deploymentMessageTypes.filter((type) => type !== 'DEPLOYMENT_APPROVAL_ESCALATION');

    expect([ofEscalation(true), ofEscalation(false)]).toEqual(['critical', 'releases']);
    expect(others.filter((type) => exampleOf(type).bucket === 'critical')).toEqual([
      'DEPLOYMENT_FAILED',
      'DEPLOYMENT_ROLLED_BACK',
      'ROLLBACK_FAILED',
      'CANCELLATION_OVERDUE',
    ]);
  });
});
