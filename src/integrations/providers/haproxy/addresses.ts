import { ipEndpoint } from '../../kit/ip-endpoint.ts';
import type { ServerState } from './state.ts';

/** Which of a side's servers stands for which address. */

interface Seat {
  server: ServerState;
  /** null = nothing is behind it. */
  address: string | null;
}

/** null = HAProxy takes it. Names would be resolved by nobody: a server's address is changed to an IP address only. */
export const addressProblem = (address: string): string | null =>
  ipEndpoint(address) === null ? `"${address}" is no IP address with a port, such as 10.0.0.7:8080` : null;

/** Servers that have a wanted address keep it; the others are filled in their order. */
export function placed(servers: readonly ServerState[], addresses: readonly string[]): Seat[] {
  const waiting = new Set(addresses);
  const kept = new Map<string, string>();
  for (const { name, address } of servers) if (waiting.delete(address)) kept.set(name, address);
  const rest = [...waiting];
  return servers.map((server) => ({ server, address: kept.get(server.name) ?? rest.shift() ?? null }));
}

/**
 * What is left to do until every seat is taken as planned; none = it is so. New servers first, each with its address and its weight before it is
 * made ready; those that go come last.
 */
export function addressingCommands(backend: string, seats: readonly Seat[], weight: number): string[] {
  const coming = seats.flatMap(({ server, address }) =>
    address === null ? [] : comingCommands(`${backend}/${server.name}`, server, address, weight),
  );
  const going = seats.filter(({ server, address }) => address === null && server.isInUse);
  return [...coming, ...going.map(({ server }) => `set server ${backend}/${server.name} state maint`)];
}

function comingCommands(name: string, server: ServerState, address: string, weight: number): string[] {
  const target = ipEndpoint(address);
  if (target === null) return [];
  return [
    ...(server.address === address ? [] : [`set server ${name} addr ${target.host} port ${target.port}`]),
    ...(server.weight === weight ? [] : [`set weight ${name} ${weight}`]),
    ...(server.isInUse ? [] : [`set server ${name} state ready`]),
  ];
}
