import type { Deployed, DeployedState, DeployTarget, Place, Workload } from '../../../src/integrations/capabilities/deploy-target.ts';
import { ProviderError } from '../../../src/integrations/kit/provider-error.ts';

interface Running {
  digest: string;
  configVersion: string;
  replicas: number;
  state: DeployedState;
  variables: ReadonlyMap<string, string>;
}

/** Runs nothing: a deploy target in memory that keeps what it was asked for, and fails when a test says so. */
export class MemoryDeployTarget implements DeployTarget {
  readonly abilities = { sideBySide: true, sources: ['kept', 'image'] as const, maxReplicas: 10, commands: true };
  /** What was changed, in order: `ensure green sha256:…`, `remove blue`. */
  readonly writes: string[] = [];
  /** State of what is brought from now on. */
  becomes: DeployedState = { kind: 'ready' };
  /** Runs before every call and may throw. */
  before: ((call: string) => void) | null = null;
  readonly #places = new Map<string, Running>();

  configProblems = () => [];

  check = async () => ({ ok: true as const });

  async observe(place: Place): Promise<Deployed> {
    this.before?.('observe');
    return this.#shown(place);
  }

  async ensure({ place, revision, configVersion, replicas, variables }: Workload): Promise<Deployed> {
    this.before?.('ensure');
    const there = this.#places.get(keyOf(place));
    if (there?.digest !== revision.digest || there.configVersion !== configVersion) {
      this.writes.push(`ensure ${place.side} ${revision.version}`);
      this.#places.set(keyOf(place), { digest: revision.digest, configVersion, replicas, variables, state: this.becomes });
    }
    return this.#shown(place);
  }

  async ensureAbsent(place: Place): Promise<Deployed> {
    this.before?.('ensureAbsent');
    if (this.#places.delete(keyOf(place))) this.writes.push(`remove ${place.side}`);
    return this.#shown(place);
  }

  async run(): Promise<{ exitCode: number; output: string }> {
    this.before?.('run');
    return { exitCode: 0, output: '' };
  }

  /** Something that runs already, from before the test begins. */
  seed(place: Pick<Place, 'name' | 'side'>, running: { digest: string; configVersion: string }): void {
    this.#places.set(keyOf(place), { ...running, replicas: 1, state: { kind: 'ready' }, variables: new Map() });
  }

  show(place: Pick<Place, 'name' | 'side'>, state: DeployedState): void {
    const there = this.#places.get(keyOf(place));
    if (there === undefined) throw new ProviderError('not-found', 'nothing runs there', { provider: 'memory' });
    there.state = state;
  }

  digestAt(place: Pick<Place, 'name' | 'side'>): string | null {
    return this.#places.get(keyOf(place))?.digest ?? null;
  }

  variablesAt(place: Pick<Place, 'name' | 'side'>): ReadonlyMap<string, string> {
    return this.#places.get(keyOf(place))?.variables ?? new Map();
  }

  #shown(place: Place): Deployed {
    const there = this.#places.get(keyOf(place));
    if (there === undefined) return { state: { kind: 'absent' }, digest: null, configVersion: null, replicas: null, addresses: [] };
    const { state, digest, configVersion, replicas } = there;
    const ready = state.kind === 'ready' ? replicas : 0;
    return { state, digest, configVersion, replicas: { wanted: replicas, ready }, addresses: [`${place.side}.example:80`] };
  }
}

const keyOf = ({ name, side }: Pick<Place, 'name' | 'side'>) => `${name}/${side}`;
