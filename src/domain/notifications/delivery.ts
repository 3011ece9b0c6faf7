import { type Failure, retryDecision } from '../failure.ts';

export const deliveryStatuses = ['PENDING', 'IN_PROGRESS', 'DONE', 'SKIPPED', 'FAILED'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** What a person does about a message that did not get through. Those that may heal are tried again by themselves. */
export function deliveryRemedy(failure: Failure): string {
  const provider = failure.provider ?? 'the provider';
  const again = 'then replay the delivery.';
  switch (failure.kind) {
    case 'unauthorized':
      if (failure.connection === undefined) return `Renew the credentials of the ${provider} connection, ${again}`;
      return `An owner or admin must renew the credentials of the connection "${failure.connection.displayName}"; it is tried again for a while, after that replay the delivery.`;
    case 'forbidden':
      return `Give the ${provider} connection access to the channel, ${again}`;
    case 'not-found':
      return `Check that the channel exists in ${provider} and is visible to the connection, or correct the channel config, ${again}`;
    case 'conflict':
    case 'invalid':
      return `Correct what the message names, ${again}`;
    default:
      return retryDecision(failure).when === 'never'
        ? `Report it to the operator, ${again}`
        : 'It is tried again by itself; replay it once it has failed for good.';
  }
}
