import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../kit/provider-error.ts';
import { addressingCommands, placed } from './addresses.ts';
import { addressOf, routeSchema } from './identity.ts';
import { complaintIn, readBackend, type ServerState } from './state.ts';

const head = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port';
const stateOf = (...rows: string[]) => ['1', head, ...rows, '', ''].join('\n');
const statistics = (balance: string, backups: readonly string[] = []) =>
  ['# pxname,svname,bck,algo,', ...backups.map((name) => `checkout,${name},1,,`), `checkout,BACKEND,0,${balance},`, '', ''].join('\n');

describe('readBackend', () => {
  it('reads servers, how they are balanced, and which are spare', () => {
    const reply =
      stateOf('3 checkout 1 blue1 10.0.0.7 2 0 19 1 8080', '3 checkout 2 spare fd00::7 2 0 1 1 80') + statistics('roundrobin', ['spare']);

    expect(readBackend('checkout', reply)).toEqual({
      balance: 'roundrobin',
      servers: [
        { name: 'blue1', weight: 19, isInUse: true, isDown: false, isBackup: false, address: '10.0.0.7:8080' },
        { name: 'spare', weight: 1, isInUse: true, isDown: false, isBackup: true, address: '[fd00::7]:80' },
      ],
    });
  });

  it.each([
    ['0', '1', false],
    ['0', '5', false],
    ['2', '8', false],
    ['2', '32', false],
    ['2', '4', true],
    ['0', '0', true],
  ])('state %s, administrative state %s: in use is %s', (op, admin, isInUse) => {
    const reply = stateOf(`3 checkout 1 blue1 127.0.0.1 ${op} ${admin} 1 1 80`) + statistics('roundrobin');

    expect(readBackend('checkout', reply).servers[0]).toMatchObject({ isInUse, isDown: isInUse && op === '0' });
  });

  it('knows no balance where the level of the socket hides it', () => {
    expect(readBackend('checkout', stateOf() + statistics('')).balance).toBeNull();
  });

  it.each([
    ["Can't find backend.\n\nNo such proxy.\n\n", 'not-found'],
    ['Permission denied\n\n', 'forbidden'],
    ['Unknown command: `show servers`\n\n', 'malformed'],
    ['', 'malformed'],
    ['HTTP/1.0 400 Bad request\r\n\r\n', 'invalid'],
  ] as const)('takes %j for %s', (reply, kind) => {
    expect(() => readBackend('checkout', reply)).toThrow(expect.objectContaining({ kind }));
    expect(() => readBackend('checkout', reply)).toThrow(ProviderError);
  });
});

describe('complaintIn', () => {
  it('takes silence, and the words of a changed address, for success', () => {
    expect(complaintIn('\n\n\n')).toBeNull();
    expect(complaintIn("IP changed from '127.0.0.1' to '::1', port changed from '1' to '5' by 'stats socket command'\n\n")).toBeNull();
    expect(complaintIn("no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n\n\n")).toBeNull();
  });

  it('finds an error among the successes of a line', () => {
    expect(complaintIn('\n\nNo such server.\n\n\n')).toBe('No such server.');
  });
});

describe('addresses of servers', () => {
  const server = (name: string, address: string, changes: Partial<ServerState> = {}): ServerState => ({
    ...{ name, address, weight: 0, isInUse: true, isDown: false, isBackup: false },
    ...changes,
  });

  it('keep the server that has them; the others are filled in order', () => {
    const seats = placed(
      [server('a', '127.0.0.1:1'), server('b', '127.0.0.1:2'), server('c', '127.0.0.1:3')],
      ['127.0.0.1:9', '127.0.0.1:2'],
    );

    expect(seats.map(({ address }) => address)).toEqual(['127.0.0.1:9', '127.0.0.1:2', null]);
  });

  it('are set before the server is made ready, with its weight; those that go come last', () => {
    const old = server('a', '127.0.0.1:1', { weight: 19 });
    const fresh = server('b', '127.0.0.1:2', { isInUse: false });

    expect(
      addressingCommands(
        'checkout',
        [
          { server: old, address: null },
          { server: fresh, address: '[fd00::7]:80' },
        ],
        19,
      ),
    ).toEqual([
      'set server checkout/b addr fd00::7 port 80',
      'set weight checkout/b 19',
      'set server checkout/b state ready',
      'set server checkout/a state maint',
    ]);
  });

  it('need no command where all is as planned', () => {
    expect(addressingCommands('checkout', placed([server('a', '127.0.0.1:1')], ['127.0.0.1:1']), 0)).toEqual([]);
  });
});

describe('forms', () => {
  it('reads both kinds of base URL and no other', () => {
    expect(addressOf('unix://localhost/run/admin.sock')).toEqual({ path: 'run/admin.sock' });
    expect(addressOf('tcp://haproxy.internal:9999')).toEqual({ host: 'haproxy.internal', port: 9999 });
    expect(addressOf('tcp://[fd00::7]:80')).toEqual({ host: 'fd00::7', port: 80 });
    expect(addressOf('unix://elsewhere/run/admin.sock')).toBeNull();
    expect(addressOf('tcp://haproxy.internal')).toBeNull();
  });

  it.each(['checkout;show info', 'a/b', 'a b', '', '#3', 'a\n'])('takes %j for no name', (backend) => {
    expect(routeSchema.safeParse({ backend, servers: { blue: ['a'], green: ['b'] } }).success).toBe(false);
  });

  it('takes a server for one side only', () => {
    expect(routeSchema.safeParse({ backend: 'checkout', servers: { blue: ['a'], green: ['a'] } }).success).toBe(false);
  });
});
