/**
 * One reader or writer at a time per app, over tenants, tasks and people alike: stores let one change of an app be under way, and drop the
 * one before it.
 */
export const storeLock = ({ provider, appId }: { provider: string; appId: string }): string => `store/${provider}/${appId}`;
