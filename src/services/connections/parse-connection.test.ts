import { describe, expect, it } from 'vitest';
import { ServiceError } from '../service-error.ts';
import { parseConnection, providerFor } from './parse-connection.ts';

const credentials = { signingSecret: `whsec_${Buffer.alloc(32).toString('base64')}` };

/** What is wrong with the base URL of a connection; undefined when nothing is. */
function wrongWith(provider: string, baseUrl: string): string | undefined {
  const form = provider === 'smtp' ? { credentials: {}, settings: { from: 'a@example.test' } } : { credentials, settings: {} };
  try {
    parseConnection(providerFor('communication', provider), 'c1', { ...form, baseUrl });
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.problems.find(({ field }) => field === '/baseUrl')?.message;
    throw error;
  }
}

describe('a base URL', () => {
  it.each([
    ['webhook', 'https://hooks.example.test/signalbox'],
    ['webhook', 'http://hooks.example.test:8080/'],
    ['smtp', 'smtp://mail.example.test'],
    ['smtp', 'smtps://mail.example.test:465'],
  ])('of %s may be %s', (provider, baseUrl) => {
    expect(wrongWith(provider, baseUrl)).toBeUndefined();
  });

  it.each([
    ['webhook', 'smtp://mail.example.test', 'http or https'],
    ['webhook', 'ftp://files.example.test', 'http or https'],
    ['smtp', 'https://mail.example.test', 'smtps or smtp'],
    ['smtp', 'mail.example.test:587', 'smtps or smtp'],
    ['smtp', 'smtp:mail.example.test', 'smtps or smtp'],
    ['smtp', 'smtp://user:password@mail.example.test', 'credentials'],
    ['smtp', 'smtp://mail.example.test?tls=no', 'query'],
  ])('of %s may not be %s', (provider, baseUrl, words) => {
    expect(wrongWith(provider, baseUrl)).toContain(words);
  });
});

it.each(['slak', 'github', '__proto__'])('says which providers there are, when told of %s', (provider) => {
  const refused = expect.objectContaining({
    problems: [{ field: '/provider', message: expect.stringMatching(/not a provider of communication; there are .*slack.*smtp/) }],
  });

  expect(() => providerFor('communication', provider)).toThrow(refused);
});
