import { type FakeServer, startFakeServer } from '../fake-server.ts';
import { notAuthorized, refusal } from './answers.ts';
import { addAppRoutes } from './app-routes.ts';
import { type AscKey, isAuthorized } from './keys.ts';
import { addReviewRoutes } from './review-routes.ts';
import { addRolloutRoutes } from './rollout-routes.ts';
import { addVersionRoutes } from './version-routes.ts';
import { type AscWorld, createAscWorld } from './world.ts';

export { type AscKey, ascKey } from './keys.ts';
export type { AscApp, AscVersion, AscWorld } from './world.ts';

export interface AscFake extends FakeServer {
  /** Seeds and moves things as people, uploads and App Review would. */
  readonly world: AscWorld;
  /** Keys that may call; more can be added, or revoked. */
  readonly keys: AscKey[];
}

interface AscFakeOptions {
  port?: number;
  now?: () => number;
  keys?: AscKey[];
  /** 200, as Apple has it, when absent. */
  maxPageSize?: number;
}

/**
 * A stateful App Store Connect, iOS only. It is as strict as the real one: tokens are checked to the letter, one version is in the works at a
 * time, what is under review cannot be edited, and a phased release changes only while its version is out.
 */
export async function createAscFake(options: AscFakeOptions = {}): Promise<AscFake> {
  const now = options.now ?? Date.now;
  const world = createAscWorld({ now });
  const keys = [...(options.keys ?? [])];
  const maxPageSize = options.maxPageSize ?? 200;
  const server = await startFakeServer({
    port: options.port ?? 0,
    before: ({ headers }) => (isAuthorized(headers.authorization, keys, now()) ? undefined : notAuthorized()),
    headers: () => ({ 'x-rate-limit': 'user-hour-lim:3500;user-hour-rem:3499;' }),
    notFound: refusal(404, 'NOT_FOUND', 'The specified resource does not exist', { detail: 'The path provided does not match a resource' }),
  });
  addAppRoutes(server, world, maxPageSize);
  addVersionRoutes(server, world, maxPageSize);
  addRolloutRoutes(server, world);
  addReviewRoutes(server, world, maxPageSize);
  return { ...server, world, keys };
}
