/** What a look says about work that a person calls done. */
export type DoneFinding =
  /** It is; `output` is what the task would have found out, and `keep` writes down what others of the release go by. */
  | { done: true; output: Record<string, unknown>; keep: () => Promise<void> }
  /** It is not, or not as it must be: `found` is a sentence. */
  | { done: false; found: string };

export interface DoneQuestion {
  tenantId: string;
  releaseId: string;
  taskId: string;
  /** What the person says that came of it. */
  said: Record<string, unknown>;
}

/**
 * Asks the provider whether the work of an open task is done. null = nobody can tell of this kind of task, or there is no such task to complete.
 * @throws ProviderError when it could not be asked
 */
export type VerifyDone = (question: DoneQuestion) => Promise<DoneFinding | null>;
