/** A token that a provider handed out for credentials, and when it ends. */
export interface ShortLivedToken {
  /** The secret itself; lives in memory only. */
  value: string;
  expiresAt: Date;
}

export interface TokenCache {
  /**
   * The token of this key, obtained once however many ask at once, and again shortly before it ends.
   * @param key everything the token depends on, e.g. connection id and a digest of the credentials; holds no secret
   */
  get(key: string, obtain: () => Promise<ShortLivedToken>): Promise<string>;
  /** The provider refused the token before its time. */
  forget(key: string): void;
}

/** A token that ends during a call is a refusal nobody can explain, so it is not used in its last minute. */
const MARGIN_MS = 60_000;
const MAX_TOKENS = 10_000;

export function createTokenCache(now: () => Date): TokenCache {
  const tokens = new Map<string, ShortLivedToken>();
  const obtaining = new Map<string, Promise<string>>();

  async function renew(key: string, obtain: () => Promise<ShortLivedToken>): Promise<string> {
    const token = await obtain();
    if (tokens.size >= MAX_TOKENS) tokens.delete(tokens.keys().next().value ?? '');
    tokens.set(key, token);
    return token.value;
  }

  return {
    async get(key, obtain) {
      for (;;) {
        const known = tokens.get(key);
        if (known && known.expiresAt.getTime() - now().getTime() > MARGIN_MS) return known.value;
        const underWay = obtaining.get(key);
        if (!underWay) break;
        // Its caller may be aborted, which says nothing about this one;
        // of those that waited the first tries again, and the others wait for it.
        const shared = await underWay.catch(() => null);
        if (shared !== null) return shared;
      }
      const renewal = renew(key, obtain).finally(() => {
        if (obtaining.get(key) === renewal) obtaining.delete(key);
      });
      obtaining.set(key, renewal);
      return renewal;
    },
    forget: (key) => void tokens.delete(key),
  };
}
