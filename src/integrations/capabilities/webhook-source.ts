/** Webhooks in. A webhook is a hint: it says where to look, never what is true. */

export interface WebhookRequest {
  /** Lower-case header names. */
  headers: Readonly<Record<string, string | undefined>>;
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

export interface WebhookSource {
  /** Signature over the raw body, compared in constant time. */
  verify(request: WebhookRequest, secret: string): boolean;
  /** The provider's id of this delivery, equal for redeliveries; a digest of the body where the provider has none. */
  deliveryId(request: WebhookRequest): string;
  /** Never throws on odd input: what cannot be read has no hints. */
  parse(request: WebhookRequest): ParsedWebhook;
  /** Where the provider first asks whether the address is ours: the text it wants to hear; `null` for every other request. */
  challenge?(request: WebhookRequest): string | null;
}

/** Keys by which waiting tasks and webhooks find each other; the connection's id qualifies them. */
export const signalKey = {
  ciRun: (handle: string) => `ci-run:${handle}`,
  branch: (name: string) => `branch:${name}`,
  ticket: (key: string) => `ticket:${key}`,
  testRun: (id: string) => `test-run:${id}`,
};
