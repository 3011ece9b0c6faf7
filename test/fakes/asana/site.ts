import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import type { AsanaAccount } from './world.ts';

/** Serves a path of the API to whoever is logged in. */
export type Route = (
  method: string,
  path: string,
  handler: (account: AsanaAccount, request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
) => void;
