/** Somebody or something outside Signalbox. Looks around again and again and does what is due. */
export interface Robot {
  /** @param now milliseconds since the epoch */
  look(now: number): void;
}

/** How long each takes, milliseconds; `false` = stays away. */
export interface RobotTimes {
  /** Runs start, end, and show their artifacts, each after the one before. */
  ci: false | { startAfterMs: number; completeAfterMs: number; artifactAfterMs: number };
  /** From a test run's creation or reset until all of it has passed. */
  testers: false | { passAfterMs: number };
  /** From when a release ticket is first seen. */
  productOwner: false | { startAfterMs: number; doneAfterMs: number };
  /** From when a version is sent to a store's review; how long a day of a phased release is. */
  reviewer: false | { decideAfterMs: number; dayMs: number };
  /** From the first candidate's tag until a fix stands on the release branch. */
  developer: false | { fixAfterMs: number };
}

export const robotTimes: RobotTimes = {
  ci: { startAfterMs: 200, completeAfterMs: 900, artifactAfterMs: 150 },
  testers: { passAfterMs: 1_000 },
  productOwner: { startAfterMs: 1_500, doneAfterMs: 6_000 },
  reviewer: { decideAfterMs: 2_000, dayMs: 1_000 },
  developer: { fixAfterMs: 250 },
};
