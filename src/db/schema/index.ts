export * from './engine.ts';
export * from './history.ts';
export * from './integrations.ts';
export * from './outbox.ts';
export * from './releases.ts';
export * from './tenancy.ts';
