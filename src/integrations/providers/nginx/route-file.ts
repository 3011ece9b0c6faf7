import { createHash } from 'node:crypto';
import { z } from 'zod';
import { otherSide, type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import type { NginxRoute } from './identity.ts';

/** The file of a route: what nginx reads, and in its second line what it was written from. */

const side = z.enum(sides);
const share = z.int().min(0).max(100);

export const plannedSchema = z.object({
  weights: z.object({ blue: share, green: share }),
  addresses: z.object({ blue: z.array(z.string()), green: z.array(z.string()) }),
  headerRoute: z.object({ header: z.string(), value: z.string(), side }).nullable(),
  shareBy: z.enum(['request', 'address']),
});
/** Everything that is wanted of a route. */
export type Planned = z.output<typeof plannedSchema>;

/** Tells one content of the file from every other; nginx answers with that of what is in force. */
export const generationOf = (planned: Planned): string => createHash('sha256').update(canonical(planned)).digest('hex').slice(0, 16);

const canonical = ({ weights, addresses, headerRoute, shareBy }: Planned): string =>
  JSON.stringify({
    weights: { blue: weights.blue, green: weights.green },
    addresses: { blue: addresses.blue, green: addresses.green },
    headerRoute: headerRoute && { header: headerRoute.header, value: headerRoute.value, side: headerRoute.side },
    shareBy,
  });

const MARK = '# signalbox ';

/** null = nobody wrote it, or somebody changed the line that says what was. */
export function plannedIn(content: string): Planned | null {
  const line = content.split('\n').find((each) => each.startsWith(MARK));
  if (line === undefined) return null;
  try {
    return plannedSchema.safeParse(JSON.parse(line.slice(MARK.length))).data ?? null;
  } catch {
    return null;
  }
}

const KEYS = { request: '$request_id', address: '$remote_addr' };

/** What nginx is to include. Names and addresses have been checked: nothing in them ends a word of nginx's language. */
export function contentOf({ variable }: NginxRoute, planned: Planned): string {
  const { weights, addresses, headerRoute, shareBy } = planned;
  const shown: InForce = { generation: generationOf(planned), weights, headerRoute };
  return [
    '# Written by Signalbox: what is changed by hand is overwritten.',
    `${MARK}${canonical(planned)}`,
    ...sides.flatMap((each) => upstream(`${variable}_${each}`, addresses[each])),
    `split_clients "${KEYS[shareBy]}" $${variable}_share {`,
    ...buckets(variable, weights),
    '}',
    `map ${headerRoute === null ? '""' : headerVariable(headerRoute.header)} $${variable} {`,
    `  default $${variable}_share;`,
    ...(headerRoute === null ? [] : [`  "~^${headerRoute.value.replaceAll(/[.+]/g, '[$&]')}$" ${variable}_${headerRoute.side};`]),
    '}',
    `map "" $${variable}_state {`,
    `  default '${JSON.stringify(shown)}';`,
    '}',
    '',
  ].join('\n');
}

function upstream(name: string, addresses: readonly string[]): string[] {
  // An upstream without a server is refused; one that is down is asked by nobody.
  const servers = addresses.length === 0 ? ['127.0.0.1:1 down'] : addresses;
  return [`upstream ${name} {`, ...servers.map((server) => `  server ${server};`), '}'];
}

/** `0%` is refused by nginx: a side without traffic has no line. `*` takes the rest. */
function buckets(variable: string, weights: Weights): string[] {
  const rest: Side = weights.blue >= weights.green ? 'blue' : 'green';
  const other = otherSide(rest);
  return [...(weights[other] === 0 ? [] : [`  ${weights[other]}% ${variable}_${other};`]), `  * ${variable}_${rest};`];
}

const headerVariable = (header: string) => `$http_${header.toLowerCase().replaceAll('-', '_')}`;

const HEADER = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const VALUE = /^[A-Za-z0-9._~+/=:@-]{1,128}$/;

/** null = nginx can tell requests by it. */
export function headerProblem({ header, value }: { header: string; value: string }): string | null {
  if (!HEADER.test(header)) return `"${header.slice(0, 80)}" is no header that nginx can look at: letters, digits and dashes only`;
  return VALUE.test(value) ? null : 'the value of the header must be 1 to 128 letters, digits or . _ ~ + / = : @ -';
}

/** What nginx answers of itself, at the address of the route. */
const inForceSchema = plannedSchema.pick({ weights: true, headerRoute: true }).extend({ generation: z.string() });
export type InForce = z.output<typeof inForceSchema>;

/** `{}` stands in the file with which an operator begins. */
export const stateSchema = z.union([inForceSchema, z.strictObject({}).transform(() => 'begun' as const)]);
