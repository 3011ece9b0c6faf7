import { describe, expect } from 'vitest';
import type { Interaction, InteractionSource } from '../../src/integrations/capabilities/interaction-source.ts';
import type { WebhookRequest } from '../../src/integrations/capabilities/webhook-source.ts';
import { contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';

/** Button presses in webhooks. Who pressed is never guessed: what cannot be read is no press. */

export interface InteractionHarness {
  subject: InteractionSource;
  /** Settings of connections whose people answer with buttons, and of some whose people do not. */
  settings: { wanted: unknown; unwanted: readonly unknown[] };
  /** What the provider sends when somebody presses it, twice the same for a redelivery. */
  press(interaction: Interaction): WebhookRequest;
  /** Ids of the delivery, as the webhooks of the provider tell them. */
  deliveryId(request: WebhookRequest): string;
  /** Other requests of the provider: events, commands, other elements. */
  others: WebhookRequest[];
  /** Sent again later: everything that the provider changes is changed. */
  redelivered(request: WebhookRequest): WebhookRequest;
  close(): Promise<void>;
}

const pressed: Interaction = {
  personId: 'U01',
  actionId: 'gate.approve',
  value: 'T1:17 & <x>',
  channelId: 'C01',
  messageId: '1700000000.000001',
};

export function interactionSourceContract(
  name: string,
  makeHarness: () => Promise<InteractionHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the interaction source contract`, () => {
    const { test, end } = contractTests(makeHarness, options.skip);

    test('buttons are wanted where people switched them on, and nowhere else', async ({ subject, settings }) => {
      expect(subject.isWanted(settings.wanted)).toBe(true);
      for (const odd of [...settings.unwanted, null, undefined, 'x']) expect(subject.isWanted(odd)).toBe(false);
    });

    test('a press is read: who, what, where', async ({ subject, press }) => {
      expect(subject.parseInteraction(press(pressed))).toEqual(pressed);
    });

    test('a button that is about nothing has an empty value', async ({ subject, press }) => {
      expect(subject.parseInteraction(press({ ...pressed, value: '' }))).toEqual({ ...pressed, value: '' });
    });

    test('everything else is no press', async ({ subject, others }) => {
      expect(others.length).toBeGreaterThan(0);
      for (const request of others) expect(subject.parseInteraction(request)).toBeNull();
    });

    test('a redelivery has the id of its delivery, another press another', async ({ press, deliveryId, redelivered }) => {
      const request = press(pressed);

      expect(deliveryId(redelivered(request))).toBe(deliveryId(request));
      const ids = [
        pressed,
        { ...pressed, personId: 'U02' },
        { ...pressed, actionId: 'gate.reject' },
        { ...pressed, messageId: '1700000000.000002' },
      ];
      expect(new Set(ids.map((each) => deliveryId(press(each)))).size).toBe(ids.length);
    });

    test('odd input is no press and throws nothing', async ({ subject, press }) => {
      const { headers, rawBody } = press(pressed);
      const cut = Array.from({ length: rawBody.length }, (_, length) => rawBody.slice(0, length));

      for (const body of [...cut, Buffer.from('null'), Buffer.from('[]'), Buffer.from([0xff, 0xfe])]) {
        expect(subject.parseInteraction({ headers, rawBody: body })).toBeNull();
      }
      expect(() => subject.parseInteraction({ headers: {}, rawBody })).not.toThrow();
    });

    end();
  });
}
