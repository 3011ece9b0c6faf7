import { type FakeAnswer, type FakeRequest, type FakeServer, type FakeServerOptions, startFakeServer } from '../fake-server.ts';
import { Refusal, refused } from './answers.ts';
import { reads, type Variables } from './reads.ts';
import { createMondayWorld, type MondayUser, type MondayWorld } from './world.ts';
import { writes } from './writes.ts';

export { label, type MondayBoard, type MondayItem, type MondayUser, type MondayWorld } from './world.ts';

export interface MondayFake extends FakeServer {
  world: MondayWorld;
}

/** The answers to mutations are remembered for half an hour; a sandbox that runs for hours forgets them by then. */
const REMEMBERED_MS = 30 * 60_000;

/** A monday account. It knows the operations of the adapter by their names; what else it is asked it refuses. */
export async function createMondayFake(
  options: Pick<FakeServerOptions, 'port' | 'host'> & { now?: () => number } = {},
): Promise<MondayFake> {
  const world = createMondayWorld();
  const now = options.now ?? Date.now;
  const remembered = new Map<string, { answer: FakeAnswer | null; until: number }>();
  const server = await startFakeServer({ port: options.port ?? 0, ...(options.host !== undefined && { host: options.host }) });

  server.route('POST', '/v2', async (request) => {
    const user = world.userOf(String(request.headers.authorization ?? ''));
    if (!user) return { status: 401, body: { errors: ['Not Authenticated'] } };
    const { name, isMutation, variables } = operationOf(request);
    const given = request.headers['idempotency-key'];
    if (!isMutation || typeof given !== 'string') return perform(world, user, name, variables);
    return once(`${user.id} ${given}`, () => perform(world, user, name, variables));
  });

  async function once(key: string, work: () => FakeAnswer): Promise<FakeAnswer> {
    const before = remembered.get(key);
    if (before && before.until > now()) {
      if (before.answer) return { ...before.answer, headers: { 'idempotency-replayed': 'true' } };
      const errors = [{ message: 'Request is being processed', extensions: { code: 'IDEMPOTENCY_CONFLICT', status_code: 409 } }];
      return { status: 409, headers: { 'retry-after': '2' }, body: { errors } };
    }
    remembered.set(key, { answer: null, until: now() + REMEMBERED_MS });
    await world.passGate();
    const answer = work();
    remembered.set(key, { answer, until: now() + REMEMBERED_MS });
    return answer;
  }

  return { ...server, world };
}

function perform(world: MondayWorld, user: MondayUser, name: string, variables: Variables): FakeAnswer {
  const operation = reads[name] ?? writes[name];
  try {
    if (!operation) throw new Refusal(`Parse error on "${name}"`, 'ParseError');
    return { status: 200, body: { data: operation(world, user, variables), account_id: 12_345 } };
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

/** Name and kind of what a request asks for; both empty for anything that is no named operation. */
export function operationOf({ body }: Pick<FakeRequest, 'body'>): { name: string; isMutation: boolean; variables: Variables } {
  const { query, variables } = (body ?? {}) as { query?: unknown; variables?: Variables };
  const [, kind, name = ''] = /^\s*(query|mutation) (\w+)/.exec(String(query ?? '')) ?? [];
  return { name, isMutation: kind === 'mutation', variables: variables ?? {} };
}
