import type { WebhookRequest } from './webhook-source.ts';

/** What a person did with a message: they pressed a button of ours. */
export interface Interaction {
  /** The provider's id of the person; who that is at Signalbox is for us to know. */
  personId: string;
  /** Of the button, as it was posted (`MessageAction`). */
  actionId: string;
  value: string;
  channelId: string;
  messageId: string;
}

/** Reads button presses out of webhooks that were verified already. */
export interface InteractionSource {
  /** Whether the settings of a connection say that people answer with buttons. */
  isWanted(settings: unknown): boolean;
  /** Never throws on odd input; null for everything that is no button press. */
  parseInteraction(request: WebhookRequest): Interaction | null;
}
