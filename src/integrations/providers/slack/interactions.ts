import type { InteractionSource } from '../../capabilities/interaction-source.ts';
import { settingsSchema } from './identity.ts';
import { payloadOf, pressOf } from './payload.ts';

/** Presses arrive as webhooks of the app's interactivity; verified there. */
export const slackInteractions: InteractionSource = {
  isWanted: (settings) => settingsSchema.safeParse(settings).data?.approvals === true,
  parseInteraction: (request) => pressOf(payloadOf(request)),
};
