import type { CiRunState } from '../../src/integrations/capabilities/ci.ts';
import type { CiCdService } from '../../src/services/execution/ci-cd-service.ts';

/** A CI that does what the test says and counts what it was asked for. */
export class Ci {
  dispatches = 0;
  runs = new Map<string, CiRunState>();
  /** Thrown by the reads before a dispatch. */
  unreadable: Error | null = null;
  /** Thrown by the dispatch itself; the run may exist all the same. */
  trouble: Error | null = null;
  dispatchesAllTheSame = false;
  /** The provider shows no run any more. */
  gone = false;
  hasArtifact = true;
  /** Handles of the runs that were to be stopped, each time. */
  cancelled: string[] = [];
  cancelTrouble: Error | null = null;
  /** Whether a run that is to stop does. */
  obeys = true;
  /** Of the last dispatch. */
  parameters: Record<string, string> = {};
  visibleWithinMs = 60_000;
  /** What the provider says the artifact is. */
  digest: string | null = null;
  artifact: () => ReadableStream<Uint8Array> = () => new Blob(['app']).stream();

  service(): CiCdService {
    return {
      workflow: async () => ({ integrationId: 'CI', workflowId: '7', displayName: 'Build', inputs: {} }),
      prepare: async (_tenant, _workflow, { jobParameters }) => {
        this.parameters = jobParameters;
        if (this.unreadable) throw this.unreadable;
        return async () => {
          if (this.trouble === null || this.dispatchesAllTheSame) this.#start();
          if (this.trouble) throw this.trouble;
          return { queueLocation: String(this.dispatches) };
        };
      },
      find: async () => {
        const [handle] = [...this.runs.keys()];
        return handle === undefined ? null : this.#run(handle);
      },
      run: async (_tenant, _integration, handle) => (this.gone ? null : this.#run(handle)),
      artifacts: async () => (this.hasArtifact ? [this.#file()] : []),
      openArtifact: async () => ({ body: this.artifact(), sizeBytes: null, contentType: null }),
      cancel: async (_tenant, _integration, handle) => {
        this.cancelled.push(handle);
        if (this.cancelTrouble) throw this.cancelTrouble;
        if (this.obeys) this.runs.set(handle, { kind: 'cancelled', raw: 'cancelled' });
      },
      visibleWithinMs: async () => this.visibleWithinMs,
    };
  }

  #file() {
    return { id: '1', name: 'app.apk', sizeBytes: 1, digest: this.digest, expired: false, url: 'https://ci.example/1' };
  }

  #start(): void {
    this.dispatches += 1;
    this.runs.set(String(this.dispatches), { kind: 'running' });
  }

  #run(handle: string) {
    const state = this.runs.get(handle) ?? { kind: 'queued' as const };
    return { handle, state, number: 1, attempt: 1, url: null, commit: null };
  }
}
