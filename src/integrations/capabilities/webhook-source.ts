/** Webhooks in. A webhook is a hint: it says where to look, never what is true. */

export interface WebhookRequest {
  /** Lower-case header names. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Of the address it was sent to. May hold a secret: only `verify` has it, it is stored nowhere. */
  query?: Readonly<Record<string, string | undefined>>;
  /** Exactly the bytes received: signatures cover these. */
  rawBody: Uint8Array;
}

/** What may have changed outside. `key` matches the key a waiting task subscribed with (see `signalKey`). */
export interface Hint {
  key: string;
  /** For people: what the provider said happened. */
  summary: string;
}

export interface ParsedWebhook {
  /** Event name as the provider says it. */
  event: string;
  /** Empty for events nobody waits for: they are stored and ignored, not refused. */
  hints: Hint[];
}

/** What a provider wants to hear, as JSON, when it asks whether the address is ours. */
export interface JsonChallenge {
  json: Record<string, string>;
  /** The provider does not sign the question: it is answered to anybody who knows the address, so `json` holds nothing but what was sent. */
  unsigned?: true;
}

/** Likewise, as headers of an empty answer. */
export interface HeaderChallenge {
  headers: Record<string, string>;
  /** As of `JsonChallenge`: nothing but what was sent. */
  unsigned: true;
}

export interface WebhookSource {
  /** Signature over the raw body, compared in constant time. */
  verify(request: WebhookRequest, secret: string): boolean;
  /** The provider's id of this delivery, equal for redeliveries; a digest of the body where the provider has none. */
  deliveryId(request: WebhookRequest): string;
  /** Never throws on odd input: what cannot be read has no hints. */
  parse(request: WebhookRequest): ParsedWebhook;
  /** Where the provider first asks whether the address is ours: the text, JSON or headers it wants to hear; `null` for every other request. */
  challenge?(request: WebhookRequest): string | JsonChallenge | HeaderChallenge | null;
}

/** Keys by which waiting tasks and webhooks find each other; the connection's id qualifies them. */
export const signalKey = {
  ciRun: (handle: string) => `ci-run:${handle}`,
  branch: (name: string) => `branch:${name}`,
  ticket: (key: string) => `ticket:${key}`,
  testRun: (id: string) => `test-run:${id}`,
  storeApp: (appId: string) => `store-app:${appId}`,
  /** Whatever waits for the store, where it does not say which app. */
  storeConnection: () => 'store',
  /** A service of an environment at its drivers, whichever side: the name of its places and routes. */
  place: (name: string) => `place:${name}`,
};
