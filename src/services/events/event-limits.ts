/** Of one API process. */
export const eventLimits = { everyMs: 500, insertMs: 2_000, maxStreams: 1_000, maxStreamsOfAccount: 20, maxWaiting: 1_000 } as const;
