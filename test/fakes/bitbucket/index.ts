export { type BitbucketFake, type BitbucketWorld, bitbucketWrites, createBitbucketFake } from './bitbucket-fake.ts';
export type { FakeRepository } from './repository.ts';
export { signedHeaders } from './webhook-headers.ts';
