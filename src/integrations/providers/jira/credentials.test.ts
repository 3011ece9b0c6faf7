import { expect, it } from 'vitest';
import { jira } from './index.ts';

it('takes the form of each kind and hides its secret', () => {
  const cloud = jira.credentials.parse({ kind: 'cloud', email: ' bot@example.com ', apiToken: 'tok-1234567' });
  const server = jira.credentials.parse({ kind: 'server', token: 'tok-1234567' });

  expect(cloud).toMatchObject({ kind: 'cloud', email: 'bot@example.com' });
  expect(JSON.stringify([cloud, server])).not.toContain('tok-1234567');
});

it.each([
  { kind: 'cloud', token: 'tok-1234567' },
  { kind: 'server', email: 'bot@example.com', apiToken: 'tok-1234567' },
  { email: 'bot@example.com', apiToken: 'tok-1234567' },
  { kind: 'datacenter', token: 'tok-1234567' },
])('refuses %j', (form) => {
  expect(jira.credentials.safeParse(form).success).toBe(false);
});
