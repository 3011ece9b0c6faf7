import { createHash, randomUUID } from 'node:crypto';
import type { Deployed, DeployTarget, Place, Workload } from '../../capabilities/deploy-target.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { signedAsk, signedPost } from '../../kit/signed-post.ts';
import { type DeployWebhookConnection, PROVIDER, trouble } from './identity.ts';
import { checkedSchema, deployedFrom, deployedSchema } from './schema.ts';

const ACCEPTED = 202;

/** The receiver does what it is asked, and says what it sees; it finds out itself what is there already. */
export function webhookDeployTarget(connection: DeployWebhookConnection, deps: AdapterDeps): DeployTarget {
  const { sideBySide, sources, maxReplicas } = connection.settings;

  /** Each call has an id of its own: the same wish may come again later, when it means something else. */
  const post = (operation: string, place: Place, more: { idempotencyKey?: string } = {}) => ({
    ...{ provider: PROVIDER, connection, id: `${operation}_${randomUUID()}` },
    message: { type: 'deploy', operation, place, ...more },
  });

  const observe = async (place: Place) => deployedFrom(await signedAsk(post('observe', place), deps, deployedSchema));

  /** Answered at once with what is seen, or taken up: then it is asked for, and a callback only hurries that. */
  async function wish(asked: Parameters<typeof signedPost>[0], place: Place, meanwhile: Deployed): Promise<Deployed> {
    const response = await signedPost({ ...asked, hasWords: true }, deps);
    if (response.status === ACCEPTED) return meanwhile;
    const answer = deployedSchema.safeParse(await response.json().catch(() => undefined));
    return answer.success ? deployedFrom(answer.data) : observe(place);
  }

  return {
    abilities: { sideBySide, sources, maxReplicas, commands: false },
    // The form of a config is the receiver's: `check` asks it.
    configProblems: () => [],

    async check(place) {
      return signedAsk(post('check', place), deps, checkedSchema);
    },

    observe,

    async ensure(workload) {
      const { place, configVersion } = workload;
      if (!sources.includes(workload.revision.source.kind))
        throw trouble('invalid', `the receiver does not run what is ${workload.revision.source.kind}`);
      if (workload.replicas > maxReplicas) throw trouble('invalid', `the receiver runs at most ${maxReplicas} replicas`);
      const message = {
        ...post('ensure', place, { idempotencyKey: keyOf('ensure', workload) }).message,
        ...{ revision: toldRevision(workload), configVersion, replicas: workload.replicas },
        variables: Object.fromEntries(workload.variables),
      };
      const why = 'the receiver took it up';
      const meanwhile: Deployed = {
        ...{ state: { kind: 'progressing', why }, digest: workload.revision.digest, configVersion },
        ...{ replicas: null, addresses: [] },
      };
      return wish({ ...post('ensure', place), message, isSecret: true }, place, meanwhile);
    },

    async ensureAbsent(place, { graceMs }) {
      const asked = post('ensure-absent', place, { idempotencyKey: keyOf('ensure-absent', { place }) });
      const meanwhile: Deployed = {
        ...{ state: { kind: 'progressing', why: 'the receiver is ending it' }, digest: null, configVersion: null },
        ...{ replicas: null, addresses: [] },
      };
      return wish({ ...asked, message: { ...asked.message, graceMs } }, place, meanwhile);
    },

    async run() {
      throw trouble('invalid', 'commands do not run beside a workload there');
    },
  };
}

/** Equal for the same wanted state of a place: names the state, not the call. */
function keyOf(operation: string, { place, revision, configVersion, replicas }: { place: Place } & Partial<Workload>): string {
  const wanted = [operation, place.name, place.side, revision?.digest, configVersion, replicas];
  return createHash('sha256').update(JSON.stringify(wanted)).digest('hex');
}

/** Where we keep an archive is nobody else's business. */
function toldRevision({ revision: { version, digest, commit, artifactId, source } }: Workload) {
  return {
    artifactId,
    version,
    digest,
    commit,
    source: source.kind === 'image' ? source : { kind: source.kind, sizeBytes: source.sizeBytes },
  };
}
