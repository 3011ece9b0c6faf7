/** A port of the loopback address that nobody uses and that no outgoing connection is given: it stays free through a restart. */
export function freePort(): Promise<number>;
