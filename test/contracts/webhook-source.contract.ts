import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { WebhookRequest, WebhookSource } from '../../src/integrations/capabilities/webhook-source.ts';
import { contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';

export interface WebhookSample {
  /** Event name as the provider says it. */
  event: string;
  payload: unknown;
}

export interface WebhookHarness {
  subject: WebhookSource;
  secret: string;
  /** A delivery as the provider would send it. Redeliveries have the same id. */
  deliver(sample: WebhookSample, deliveryId: string): WebhookRequest;
  /** What the provider sends when … with the key that a waiting task subscribed with; leave out what it cannot tell. */
  hints: { name: string; sample: WebhookSample; keys: string[] }[];
  /** An event nobody waits for. */
  ignored: WebhookSample;
  close(): Promise<void>;
}

export function webhookSourceContract(
  name: string,
  makeHarness: () => Promise<WebhookHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the webhook-source contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    signatureTests(tests);
    deliveryTests(tests);
    parseTests(tests);
    tests.end();
  });
}

type Tests = ReturnType<typeof contractTests<WebhookHarness>>;

function signatureTests({ test }: Tests): void {
  test('a delivery signed with the secret passes', async ({ subject, secret, deliver, ignored }) => {
    expect(subject.verify(deliver(ignored, 'd-1'), secret)).toBe(true);
  });

  test('every altered byte of the body fails', async ({ subject, secret, deliver, ignored }) => {
    const good = deliver(ignored, 'd-1');

    for (let index = 0; index < good.rawBody.length; index += 1) {
      const rawBody = Uint8Array.from(good.rawBody, (byte, at) => (at === index ? byte ^ 1 : byte));
      expect(subject.verify({ ...good, rawBody }, secret)).toBe(false);
    }
  });

  test('another secret, and an empty one, fail', async ({ subject, secret, deliver, ignored }) => {
    const good = deliver(ignored, 'd-1');

    expect(subject.verify(good, `${secret}x`)).toBe(false);
    expect(subject.verify(good, '')).toBe(false);
  });

  test('a delivery without headers, or with odd ones, fails and does not throw', async ({ subject, secret, deliver, ignored }) => {
    const good = deliver(ignored, 'd-1');
    const with_ = (change: (value: string) => string) =>
      Object.fromEntries(Object.entries(good.headers).map(([name, value]) => [name, change(value ?? '')]));

    for (const headers of [
      {},
      with_(() => ''),
      with_((value) => value.slice(0, -1)),
      with_(() => 'sha256=ü'),
      with_((value) => `${value}0`),
    ]) {
      expect(subject.verify({ ...good, headers }, secret)).toBe(false);
    }
  });
}

function deliveryTests({ test }: Tests): void {
  test('a redelivery has the id of its delivery, another delivery another one', async ({ subject, deliver, hints, ignored }) => {
    const other = hints[0]?.sample ?? ignored;

    expect(subject.deliveryId(deliver(ignored, 'd-1'))).toBe(subject.deliveryId(deliver(ignored, 'd-1')));
    expect(subject.deliveryId(deliver(ignored, 'd-1'))).not.toBe(subject.deliveryId(deliver(other, 'd-2')));
  });

  test('without any header a delivery still has an id, by its bytes', async ({ subject }) => {
    const bare = (text: string) => subject.deliveryId({ headers: {}, rawBody: Buffer.from(text) });

    expect(bare('a')).not.toBe('');
    expect(bare('a')).toBe(bare('a'));
    expect(bare('a')).not.toBe(bare('b'));
  });
}

function parseTests({ test }: Tests): void {
  test('each event hints where to look, in words for people', async ({ subject, deliver, hints }) => {
    expect(hints.length).toBeGreaterThan(0);
    for (const { sample, keys } of hints) {
      const parsed = subject.parse(deliver(sample, 'd-1'));
      expect({ event: parsed.event, keys: parsed.hints.map((hint) => hint.key) }).toEqual({ event: sample.event, keys });
      for (const hint of parsed.hints) expect(hint.summary).not.toBe('');
    }
  });

  test('an event nobody waits for is named and has no hints', async ({ subject, deliver, ignored }) => {
    expect(subject.parse(deliver(ignored, 'd-1'))).toEqual({ event: ignored.event, hints: [] });
  });

  test('garbage of any kind has no hints and throws nothing', async ({ subject, deliver, hints }) => {
    const events = hints.map((hint) => hint.sample.event);
    const anyBytes = fc.uint8Array({ maxLength: 64 });
    const anyJson = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
    const eventName = fc.oneof(fc.constantFrom(...events), fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString'));

    fc.assert(
      fc.property(eventName, fc.oneof(anyBytes, anyJson), (event, rawBody) => {
        const request = { ...deliver({ event, payload: {} }, 'd-1'), rawBody };
        expect(subject.parse(request).hints).toEqual([]);
        expect(subject.parse({ ...request, headers: {} }).hints).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
}
