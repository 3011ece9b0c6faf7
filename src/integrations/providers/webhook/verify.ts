import { randomUUID } from 'node:crypto';
import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { verifyByPing } from '../../kit/signed-post.ts';
import { PROVIDER, type WebhookConnection } from './identity.ts';

/** The receiver shows that it is there and knows the secret. */
export const verifyWebhook = (connection: WebhookConnection, deps: AdapterDeps): Promise<Verification> =>
  verifyByPing({ provider: PROVIDER, connection, id: `ping_${randomUUID()}` }, deps);
