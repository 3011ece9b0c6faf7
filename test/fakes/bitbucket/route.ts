import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import type { FakeCredential } from './credentials.ts';
import type { FakeRepository } from './repository.ts';

/** Puts a repository's route up; the handler runs only for credentials that see the repository and hold the scope. */
export type RepositoryRoute = (
  method: string,
  pattern: string,
  scope: string,
  handler: (request: FakeRequest, repository: FakeRepository, credential: FakeCredential) => FakeAnswer,
) => void;

export interface RouteContext {
  route: RepositoryRoute;
  origin: () => string;
}
