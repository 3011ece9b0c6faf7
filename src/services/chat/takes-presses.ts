import { parseJson } from '../../db/schema/columns.ts';
import { findProvider } from '../../integrations/registry.ts';

/** Of a connection's row: what decides whether people can answer with buttons. */
export interface PressSettings {
  provider: string;
  settings: unknown;
  webhookEnabled: number | boolean;
  hasWebhookSecret: number | boolean;
}

/** The columns of `PressSettings`, of the table `alias`. */
export const pressColumns = (alias: string) =>
  `${alias}.provider, ${alias}.settings, ${alias}.webhook_enabled AS webhookEnabled, ${alias}.webhook_secret IS NOT NULL AS hasWebhookSecret`;

/** Whether presses come in: the provider has buttons, people want them, and its webhook is set up. A button that nobody hears is none. */
export function takesPresses({ provider, settings, webhookEnabled, hasWebhookSecret }: PressSettings): boolean {
  const source = findProvider(provider)?.interactions;
  return source !== undefined && Boolean(webhookEnabled) && Boolean(hasWebhookSecret) && source.isWanted(parseJson(settings));
}
