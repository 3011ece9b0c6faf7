import { isIPv6 } from 'node:net';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/** What the runtime API shows of a backend: `show servers state <backend>` and `show stat <backend>`. */

export interface ServerState {
  name: string;
  /** 0 to 256, as it is in force. */
  weight: number;
  /** Neither in maintenance nor draining. Whether its health checks pass is another matter. */
  isInUse: boolean;
  /** Its health checks say that it does not work: it gets nothing, whatever its weight. */
  isDown: boolean;
  /** Gets something only when no other server is left. */
  isBackup: boolean;
  /** `host:port`, IPv6 in brackets. */
  address: string;
}

export interface BackendState {
  /** e.g. `roundrobin`; null where the socket's level is too low to be told. */
  balance: string | null;
  servers: readonly ServerState[];
}

/** Bits of `srv_admin_state`, except 4: that haproxy.cfg says `disabled` stays set when the server is made ready. */
const OUT_OF_USE = 0x01 | 0x02 | 0x08 | 0x10 | 0x20;
/** Of `srv_op_state`: stopped. */
const STOPPED = '0';
const LINE_BREAK = /\r?\n/;

/** @param reply to both questions, in one text */
export function readBackend(backend: string, reply: string): BackendState {
  const parts = reply.split(/\n\n/).map((part) => part.replace(/^\n+/, ''));
  const states = parts.find((part) => /^\d+\r?\n# be_id /.test(part));
  const statistics = parts.find((part) => part.startsWith('# pxname,'));
  if (states === undefined || statistics === undefined) throw unreadable(backend, reply);
  const [, ...stateLines] = states.split(LINE_BREAK);
  const rows = table(stateLines, ' ');
  const figures = table(statistics.split(LINE_BREAK), ',');
  const backups = new Set(figures.filter((row) => row.get('bck') === '1').map((row) => row.get('svname')));
  const balance = figures.find((row) => row.get('svname') === 'BACKEND')?.get('algo') || null;
  return { balance, servers: rows.map((row) => serverOf(row, backups)) };

  function serverOf(row: ReadonlyMap<string, string>, spare: ReadonlySet<string | undefined>): ServerState {
    const name = row.get('srv_name');
    const weight = Number(row.get('srv_uweight') ?? Number.NaN);
    const admin = Number(row.get('srv_admin_state') ?? Number.NaN);
    if (name === undefined || !Number.isInteger(weight) || !Number.isInteger(admin)) throw unreadable(backend, reply);
    const isInUse = (admin & OUT_OF_USE) === 0;
    const isDown = isInUse && row.get('srv_op_state') === STOPPED;
    return {
      ...{ name, weight, isInUse, isDown },
      isBackup: spare.has(name),
      address: joined(row.get('srv_addr') ?? '', row.get('srv_port') ?? ''),
    };
  }
}

const joined = (host: string, port: string) => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);

/** The first line names the columns, behind `#`. */
function table(lines: readonly string[], separator: string): ReadonlyMap<string, string>[] {
  const [head = '', ...rows] = lines;
  const columns = head.replace(/^# /, '').split(separator);
  return rows
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split(separator);
      return new Map(columns.map((column, index) => [column, cells[index] ?? '']));
    });
}

/** What HAProxy says instead is the reason, where it says something. */
function unreadable(backend: string, reply: string): ProviderError {
  return refusal(`read the backend ${backend}`, complaintIn(reply) ?? 'the answer has no servers in it');
}

/** Told by `set server … addr` when all is well; `set weight` says nothing then. */
const AS_WISHED = /^(IP changed|no need to change|port changed|nothing changed)/i;

/** The first thing a reply complains of; null = nothing. */
export function complaintIn(reply: string): string | null {
  const lines = reply.split(LINE_BREAK).map((line) => line.trim());
  return lines.find((line) => line !== '' && !AS_WISHED.test(line)) ?? null;
}

/** HAProxy has no codes, only words. */
export function refusal(operation: string, words: string): ProviderError {
  const [kind, advice] = judge(words);
  return new ProviderError(kind, `${PROVIDER}: ${operation} was refused: ${words.slice(0, 300)}${advice}`, { provider: PROVIDER });
}

function judge(words: string): ['not-found' | 'forbidden' | 'invalid' | 'malformed', string] {
  if (/^(can't find backend|no such (backend|server|proxy))/i.test(words)) return ['not-found', ''];
  if (/permission denied/i.test(words)) return ['forbidden', ' (the socket needs "level admin" in haproxy.cfg)'];
  if (/static LB algorithm/i.test(words)) return ['invalid', ' (set "balance roundrobin" in haproxy.cfg)'];
  if (/^(unknown command|the answer has no)/i.test(words)) return ['malformed', ' (is this the runtime API of HAProxy?)'];
  return ['invalid', ''];
}
