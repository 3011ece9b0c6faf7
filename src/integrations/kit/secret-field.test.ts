import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../platform/secret.ts';
import { secretField } from './secret-field.ts';

const form = z.object({ token: secretField('API token') });

it('parses into a Secret that shows nothing', () => {
  const { token } = form.parse({ token: 'tok-123456' });

  expect(token).toBeInstanceOf(Secret);
  expect(token.reveal()).toBe('tok-123456');
  expect(`${token} ${JSON.stringify({ token })} ${inspect(token, { showHidden: true })}`).not.toContain('tok-123456');
});

it('drops what pasting adds around a token', () => {
  expect(form.parse({ token: ' tok-123456\r\n' }).token.reveal()).toBe('tok-123456');
});

it.each(['', '  \n', 'x'.repeat(20_000), 7, undefined])('refuses %j without repeating it', (token) => {
  const result = form.safeParse({ token });

  expect(result.success).toBe(false);
  expect(JSON.stringify(result.error?.issues)).not.toContain('xxx');
});

it('is a password field in the credential form', () => {
  const schema = z.toJSONSchema(form, { io: 'input' });

  expect(schema.properties?.token).toMatchObject({ type: 'string', format: 'password', writeOnly: true, description: 'API token' });
});
