import type { AdapterDeps } from '../../kit/define-provider.ts';
import { signedPost } from '../../kit/signed-post.ts';
import { PROVIDER, type WebhookConnection } from './identity.ts';

/** One signed POST; any 2xx is an acceptance, whatever its body says. */
export async function deliver(connection: WebhookConnection, deps: AdapterDeps, id: string, message: object): Promise<void> {
  await signedPost({ provider: PROVIDER, connection, id, message }, deps);
}
