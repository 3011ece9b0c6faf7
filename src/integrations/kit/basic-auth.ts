import { Secret } from '../../platform/secret.ts';

/** What stands behind `Basic ` in an Authorization header (RFC 7617, UTF-8); as secret as the password in it. */
export function basicCredentials(user: string, password: Secret): Secret {
  return new Secret(Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64'));
}
