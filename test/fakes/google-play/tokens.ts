import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';

const SCOPE = 'https://www.googleapis.com/auth/androidpublisher';
const HOUR_S = 3_600;

interface Claims {
  iss?: string;
  scope?: string;
  aud?: string;
  iat?: number;
  exp?: number;
}

export interface FakeAccount {
  email: string;
  /** The downloaded file: JSON. */
  keyFile: string;
  /** Tokens handed out, newest last. */
  tokens: string[];
  /** Google Cloud deleted the key. */
  isRevoked: boolean;
}

/** The token endpoint: assertions signed with an account's key, for tokens. */
export class TokenEndpoint {
  readonly accounts: (FakeAccount & { key: KeyObject })[] = [];
  private readonly now: () => Date;

  constructor(now: () => Date) {
    this.now = now;
  }

  addAccount(email: string, tokenUri: string, pem?: string): FakeAccount {
    const privateKey = pem === undefined ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : createPrivateKey(pem);
    const keyFile = JSON.stringify({
      ...{ type: 'service_account', project_id: 'acme-mobile', private_key_id: 'f00d', client_email: email, client_id: '1' },
      ...{ private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), token_uri: tokenUri },
    });
    const account = { email, keyFile, tokens: [], isRevoked: false, key: createPublicKey(privateKey) };
    this.accounts.push(account);
    return account;
  }

  isSignedIn(authorization: string | undefined): boolean {
    return this.accounts.some(({ tokens }) => tokens.some((token) => authorization === `Bearer ${token}`));
  }

  exchange({ body }: FakeRequest, tokenUri: string): FakeAnswer {
    const { grant_type, assertion = '' } = (body ?? {}) as Record<string, string>;
    if (grant_type !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused('unsupported_grant_type', 'Invalid grant_type.');
    const [header = '', payload = '', signature = ''] = assertion.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}') as Claims;
    const account = this.accounts.find(({ email }) => email === claims.iss);
    if (account === undefined) return refused('invalid_grant', 'Invalid grant: account not found');
    const isSigned = verify('sha256', Buffer.from(`${header}.${payload}`), account.key, Buffer.from(signature, 'base64url'));
    if (!isSigned || account.isRevoked) return refused('invalid_grant', 'Invalid JWT Signature.');
    const { iat = 0, exp = 0 } = claims;
    const now = this.now().getTime() / 1000;
    if (iat > now || exp < now || exp - iat > HOUR_S)
      return refused('invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes).');
    if (claims.aud !== tokenUri || claims.scope !== SCOPE)
      return refused('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
    const token = `ya29.${account.tokens.length}-of-${account.email}`;
    account.tokens.push(token);
    return { status: 200, body: { access_token: token, expires_in: HOUR_S - 1, token_type: 'Bearer' } };
  }
}

const refused = (error: string, error_description: string): FakeAnswer => ({ status: 400, body: { error, error_description } });
