import type { Gatekeeper } from './security.ts';
import type { JenkinsWorld } from './world.ts';

export interface JenkinsFakeState {
  readonly world: JenkinsWorld;
  readonly gatekeeper: Gatekeeper;
  /** The address Jenkins believes to have; what it is reached by is another one. */
  rootUrl: string;
  /** Header `X-Jenkins`; `null` where a proxy drops it. */
  version: string | null;
  hasBlueOcean: boolean;
  hasPipelineApi: boolean;
  /** A plugin keeps builds out of the queue. */
  refusesToQueue: boolean;
}
