/** The console of a store does not offer that now. */
export class ConsoleRefusal extends Error {}
