/** Instants leave the services as ISO 8601 text in UTC. */
export const iso = (at: Date) => at.toISOString();
export const isoOrNull = (at: Date | null) => at?.toISOString() ?? null;
