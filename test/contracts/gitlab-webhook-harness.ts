import { gitlabWebhook } from '../../src/integrations/providers/gitlab/webhook.ts';
import { signatureHeaders, tokenHeaders } from '../fakes/gitlab/index.ts';
import type { WebhookHarness } from './webhook-source.contract.ts';

export const SIGNING_TOKEN = `whsec_${Buffer.from('a key of thirty-two bytes, fixed').toString('base64')}`;

const pipeline = { id: 4_711, iid: 12, ref: 'release/1', status: 'success' };

const samples: Pick<WebhookHarness, 'hints' | 'ignored'> = {
  hints: [
    {
      name: 'a pipeline ends',
      sample: { event: 'Pipeline Hook', payload: { object_kind: 'pipeline', object_attributes: pipeline } },
      keys: ['ci-run:4711'],
    },
    {
      name: 'a job ends',
      sample: { event: 'Job Hook', payload: { object_kind: 'build', pipeline_id: 4_711, build_name: 'test 1/2', build_status: 'failed' } },
      keys: ['ci-run:4711'],
    },
    {
      name: 'a push',
      sample: { event: 'Push Hook', payload: { object_kind: 'push', ref: 'refs/heads/release/1.2' } },
      keys: ['branch:release/1.2'],
    },
    {
      name: 'a branch gone',
      sample: { event: 'Push Hook', payload: { object_kind: 'push', ref: 'refs/heads/release/1', after: '0'.repeat(40) } },
      keys: ['branch:release/1'],
    },
    { name: 'a tag pushed', sample: { event: 'Tag Push Hook', payload: { object_kind: 'tag_push', ref: 'refs/tags/v1' } }, keys: [] },
    {
      name: 'a merge request',
      sample: {
        event: 'Merge Request Hook',
        payload: {
          object_kind: 'merge_request',
          object_attributes: { iid: 7, target_branch: 'main', source_branch: 'fix', action: 'merge' },
        },
      },
      keys: ['branch:main'],
    },
    { name: 'a release', sample: { event: 'Release Hook', payload: { object_kind: 'release', tag: 'v1', action: 'create' } }, keys: [] },
  ],
  ignored: { event: 'Issue Hook', payload: { object_kind: 'issue' } },
};

/** A hook with a secret token, which GitLab sends along as it is. */
export async function gitlabTokenWebhookHarness(): Promise<WebhookHarness> {
  const secret = 'whsec-gitlab';
  return {
    ...samples,
    subject: gitlabWebhook(() => new Date()),
    secret,
    deliver: ({ event, payload }, deliveryId) => ({
      headers: tokenHeaders(secret, event, deliveryId),
      rawBody: Buffer.from(JSON.stringify(payload)),
    }),
    close: async () => undefined,
  };
}

/** A hook with a signing token, as newer versions have it. */
export async function gitlabSignedWebhookHarness(): Promise<WebhookHarness> {
  return {
    ...samples,
    subject: gitlabWebhook(() => new Date()),
    secret: SIGNING_TOKEN,
    deliver({ event, payload }, deliveryId) {
      const body = JSON.stringify(payload);
      return {
        headers: { ...tokenHeaders(null, event, deliveryId), ...signatureHeaders(SIGNING_TOKEN, deliveryId, body) },
        rawBody: Buffer.from(body),
      };
    },
    close: async () => undefined,
  };
}
