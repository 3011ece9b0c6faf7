import type { Interaction } from '../../integrations/capabilities/interaction-source.ts';

/** A press of a button that came in through a connection's webhook: verified and stored. */
export interface Press extends Interaction {
  /** Of the webhook event: the same press is the same event, however often it is read. */
  eventId: string;
  tenantId: string;
  integrationId: string;
  /** The provider's id. */
  provider: string;
  /** It lay so long that whoever pressed may want something else by now. */
  isLate: boolean;
}
