import { createHash } from 'node:crypto';

/** Who may call, in the three ways to sign in. */
export interface FakeCredential {
  kind: 'api-token' | 'access-token' | 'oauth-consumer';
  /** E-mail address, or the key of the consumer. */
  user?: string;
  secret: string;
  /** `null`: everything there is. */
  scopes: string[] | null;
  /** Role in the repositories. */
  role: 'read' | 'write';
  /** `full_name`s; `null`: all. */
  sees: string[] | null;
  nickname: string;
}

export const basic = (user: string, secret: string) => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

export class Credentials {
  readonly list: FakeCredential[] = [];
  /** Counts what consumers were given, so that each token is another one. */
  #issued = 0;
  readonly #tokens = new Map<string, FakeCredential>();

  /** The credential behind an `Authorization` header. */
  find(authorization: string): FakeCredential | undefined {
    const token = this.#tokens.get(authorization);
    return token ?? this.list.find((each) => authorizationOf(each) === authorization);
  }

  issue(authorization: string): string | null {
    const consumer = this.list.find((each) => each.kind === 'oauth-consumer' && basic(each.user ?? '', each.secret) === authorization);
    if (!consumer) return null;
    this.#issued += 1;
    const token = createHash('sha256').update(`${consumer.secret} ${this.#issued}`).digest('base64url');
    this.#tokens.set(`Bearer ${token}`, consumer);
    return token;
  }

  /** Ends what consumers were given. */
  revokeTokens(): void {
    this.#tokens.clear();
  }
}

function authorizationOf({ kind, user, secret }: FakeCredential): string | null {
  if (kind === 'api-token') return basic(user ?? '', secret);
  return kind === 'access-token' ? `Bearer ${secret}` : null;
}

const implied: Readonly<Record<string, readonly string[]>> = {
  'repository:write': ['repository'],
  pullrequest: ['repository'],
  'pullrequest:write': ['pullrequest', 'repository:write', 'repository'],
};

/** `repository:write` is `write:repository:bitbucket` in the language of API tokens. */
export function holds({ scopes }: FakeCredential, scope: string): boolean {
  if (scopes === null) return true;
  const [what = '', how = 'read'] = (scope === 'account' ? 'user' : scope).split(':');
  return scopes.some((each) => each === scope || each === `${how}:${what}:bitbucket` || (implied[each] ?? []).includes(scope));
}
