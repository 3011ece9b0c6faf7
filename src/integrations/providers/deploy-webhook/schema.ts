import { z } from 'zod';
import type { Deployed, DeployedState } from '../../capabilities/deploy-target.ts';

/** What a receiver answers. */

const count = z.int().min(0).max(1_000_000);
const text = z.string().max(2_000);

export const deployedSchema = z.object({
  state: z.object({ kind: text, why: text.optional(), raw: text.optional() }),
  digest: text.nullable(),
  configVersion: text.nullable(),
  replicas: z.object({ wanted: count, ready: count }).nullable().optional(),
  addresses: z
    .array(z.string().regex(/^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/))
    .max(10_000)
    .optional(),
});

export const checkedSchema = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), problems: z.array(text).min(1).max(100) }),
]);

/** What contradicts itself is unknown, as is a state that nobody mapped: neither may count as readiness or as absence. */
export function deployedFrom({ state, digest, configVersion, replicas = null, addresses = [] }: z.output<typeof deployedSchema>): Deployed {
  const told = { digest, configVersion, replicas, addresses };
  return { state: contradiction(state.kind, told) ?? stateFrom(state), ...told };
}

function stateFrom({ kind, why, raw }: z.output<typeof deployedSchema>['state']): DeployedState {
  switch (kind) {
    case 'absent':
    case 'ready':
      return { kind };
    case 'progressing':
    case 'failed':
      return { kind, why: why ?? 'the receiver does not say why' };
    case 'unknown':
      return { kind, raw: raw ?? why ?? 'the receiver does not know' };
    default:
      return { kind: 'unknown', raw: `the receiver calls its state "${kind}"` };
  }
}

function contradiction(kind: string, { digest, configVersion, replicas }: Omit<Deployed, 'state'>): DeployedState | null {
  if (kind === 'absent' && digest !== null) return { kind: 'unknown', raw: 'the receiver says that nothing runs, and names what runs' };
  if (kind !== 'ready') return null;
  if (digest === null || configVersion === null)
    return { kind: 'unknown', raw: 'the receiver says that it is ready, and does not name what' };
  if (replicas === null || (replicas.wanted > 0 && replicas.ready >= replicas.wanted)) return null;
  return { kind: 'unknown', raw: `the receiver says that it is ready with ${replicas.ready} of ${replicas.wanted} replicas` };
}
