import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { playClient } from './client.ts';
import { inReadEdit } from './edits.ts';
import type { GooglePlayConnection } from './identity.ts';
import { isInvisible } from './play-error.ts';

/** Obtains a token and, where an app is named, opens an edit of it and drops it: a service account cannot ask what it may do. */
export async function verifyGooglePlay(connection: GooglePlayConnection, deps: AdapterDeps): Promise<Verification> {
  const { packageName } = connection.settings;
  try {
    const client = playClient(connection, deps);
    await client.signIn();
    const tracks = packageName === undefined ? [] : await inReadEdit(client, packageName, (edit) => client.tracks(packageName, edit));
    if (tracks === null)
      return { ok: false, problems: [`Google Play has no app ${packageName}: its first bundle is uploaded in Play Console.`] };
    return { ok: true, account: client.account, expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = problemOf(error, packageName);
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

/** A refusal is an answer to our question; when Google could not be asked the error goes on. */
function problemOf(error: unknown, packageName: string | undefined): string | null {
  if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) return null;
  if (error.kind === 'unauthorized') {
    return `Google does not accept the key of the service account: create a new key in Google Cloud and save it in this connection (${error.message}).`;
  }
  if (isInvisible(error)) {
    return `The service account may not use ${packageName}: in Play Console, under Users and permissions, invite its e-mail address and let it release the app (${error.message}).`;
  }
  if (error.kind === 'forbidden') {
    return `Google does not let the service account in: enable the Google Play Android Developer API in its Google Cloud project (${error.message}).`;
  }
  return `Google Play does not answer as expected; check the base URL, which is https://androidpublisher.googleapis.com, and the key (${error.message}).`;
}
