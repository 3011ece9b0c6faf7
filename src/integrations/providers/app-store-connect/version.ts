/** A version of an app as Apple has it. */
export interface Version {
  id: string;
  version: string;
  /** Apple's name of its state. */
  raw: string;
  isReleasedByHand: boolean;
  createdMs: number;
  build: { id: string; buildNumber: string } | null;
  phased: PhasedRelease | null;
}

export interface PhasedRelease {
  id: string;
  state: string;
  /** 1 to 7; 0 before it starts. */
  day: number;
  pausedDays: number;
}
