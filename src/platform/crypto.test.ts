import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantTimeEqual, createKeyring, DecryptError, hashToken, randomToken } from './crypto.ts';
import { Secret } from './secret.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const keyring = (...keys: string[]) => createKeyring(new Secret(keys.join(',')));

describe('createKeyring', () => {
  it('opens what it sealed, for any text and context', () => {
    const ring = keyring(key('k1'));

    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, context) => {
        expect(ring.open(ring.seal(plain, context), context).reveal()).toBe(plain);
      }),
    );
  });

  it('never seals the same text to the same value', () => {
    const ring = keyring(key('k1'));

    expect(ring.seal('a', 'c')).not.toBe(ring.seal('a', 'c'));
  });

  it('does not open in another context', () => {
    const ring = keyring(key('k1'));
    const sealed = ring.seal('hunter2', 'integrations:1:credentials');

    expect(() => ring.open(sealed, 'integrations:2:credentials')).toThrow(DecryptError);
  });

  it('does not open after any character was altered', () => {
    const ring = keyring(key('k1'));
    const sealed = ring.seal('hunter2', 'c');

    for (let at = 0; at < sealed.length; at += 1) {
      const altered = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      // The last character of base64url may carry bits that decode to nothing.
      if (
        Buffer.from(altered.split('.')[3] ?? '', 'base64url').equals(Buffer.from(sealed.split('.')[3] ?? '', 'base64url')) &&
        at === sealed.length - 1
      )
        continue;
      expect(() => ring.open(altered, 'c'), `altered at ${at}`).toThrow(DecryptError);
    }
  });

  it('opens under an older key and says that it is not current', () => {
    const old = key('k1');
    const sealed = keyring(old).seal('hunter2', 'c');
    const rotated = keyring(key('k2'), old);

    expect(rotated.open(sealed, 'c').reveal()).toBe('hunter2');
    expect(rotated.isCurrent(sealed)).toBe(false);
    expect(rotated.isCurrent(rotated.seal('hunter2', 'c'))).toBe(true);
  });

  it('names the missing key and nothing of the value', () => {
    const sealed = keyring(key('k1')).seal('hunter2', 'c');

    expect(() => keyring(key('k2')).open(sealed, 'c')).toThrow(/key "k1", which SIGNALBOX_KEYS does not have/);
  });

  it.each(['', 'plain', 'v1.k1.x.y', 'v2.k1.aaaa.bbbb'])('refuses %j, which is no sealed value', (value) => {
    expect(() => keyring(key('k1')).open(value, 'c')).toThrow(DecryptError);
  });

  it.each(['', 'k1', 'k1:short', `k1:${randomBytes(16).toString('base64')}`, `k 1:${randomBytes(32).toString('base64')}`])(
    'refuses the key list %j',
    (keys) => {
      expect(() => keyring(keys)).toThrow(/key 1 must be/);
    },
  );

  it('refuses two keys of one id', () => {
    expect(() => keyring(key('k1'), key('k1'))).toThrow(/same id/);
  });
});

describe('tokens', () => {
  it('are random, prefixed and hidden when printed', () => {
    const token = randomToken('sbx');

    expect(token.reveal()).toMatch(/^sbx_[A-Za-z0-9_-]{43}$/);
    expect(token.reveal()).not.toBe(randomToken('sbx').reveal());
    expect(String(token)).toBe('[redacted]');
  });

  it('hash to SHA-256', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('constantTimeEqual', () => {
  it('compares text and bytes of any length', () => {
    expect(constantTimeEqual('abc', Buffer.from('abc'))).toBe(true);
    expect(constantTimeEqual('abc', 'abd')).toBe(false);
    expect(constantTimeEqual('abc', 'abcd')).toBe(false);
  });
});
