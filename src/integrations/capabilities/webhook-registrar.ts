/** Setting up the provider's side of webhooks through its API, bound to one connection. Trouble is a `ProviderError`. */

export interface RegisteredHook {
  /** Id at the provider. */
  id: string;
  /** Page where people see or change it, when there is one. */
  url: string | null;
  /** Only where the provider makes the secret itself: what the hook is signed with, in place of the one that was given. */
  secret?: string;
}

export interface WebhookRegistrar {
  /**
   * The hook that calls `url`, for the events Signalbox reads: found by its URL and brought in line (secret, events, active), created where
   * there is none; twice, or ten times at once, leaves one. A credential that may not is `forbidden`.
   */
  ensureHook(input: { url: string; secret: string }): Promise<RegisteredHook>;
  /** Removes every hook that calls `url`; none there is success. */
  removeHook(url: string): Promise<void>;
}
