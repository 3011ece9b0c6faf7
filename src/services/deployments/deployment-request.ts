/** What a person asks for. */
export interface DeploymentRequest {
  environmentId: string;
  appId: string;
  /** Whole releases: its items are what is wanted. */
  serviceReleaseId?: string | undefined;
  /** Beside or in place of a release; it wins. */
  artifacts?: readonly { serviceId: string; artifactId: string }[] | undefined;
  /** These services, and no others. */
  services?: readonly string[] | undefined;
  /** `partial`: those that changed. */
  scope?: 'full' | 'partial' | undefined;
  /** What that environment runs is wanted. */
  sourceEnvironmentId?: string | undefined;
  pipelineId?: string | undefined;
  /** What is built where no artifact is wanted. */
  commit?: string | undefined;
  /** Files that differ from what runs, for a partial deployment. */
  changedFiles?: readonly string[] | undefined;
  allowIrreversible?: boolean | undefined;
  /** What users of stores are told is new. */
  notes?: string | undefined;
}
