import { Webhook } from 'standardwebhooks';
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';

/** A receiver as somebody would write it after the README: series by name, with a newest value at each instant. */

export interface FedSeries {
  name: string;
  labels: Record<string, string>;
  points: { at: number; value: number }[];
}

type Question =
  | { type: 'ping' }
  | { type: 'query'; query: string; at: string }
  | { type: 'query-range'; query: string; from: string; to: string; stepMs: number };

export interface MetricsReceiverFake extends Pick<FakeServer, 'calls' | 'failNext' | 'clearFaults'> {
  readonly baseUrl: string;
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function createMetricsReceiverFake({
  secret,
  fed,
}: {
  secret: string;
  fed: readonly FedSeries[];
}): Promise<MetricsReceiverFake> {
  const webhook = new Webhook(secret);
  const server = await startFakeServer();
  const oldestMs = 300_000;

  function valueAt({ points }: FedSeries, at: number): number | null {
    const last = points.filter((point) => point.at <= at).at(-1);
    return last === undefined || at - last.at > oldestMs ? null : last.value;
  }

  function answer(question: Question): FakeAnswer {
    if (question.type === 'ping') return { status: 204 };
    const { query } = question;
    const instants = question.type === 'query' ? [Date.parse(question.at)] : range(question);
    const number = query.split(' + ').reduce((sum, part) => sum + Number(part), 0);
    if (/[()[]/.test(query)) return { status: 422, body: { message: `cannot parse the query: unexpected end of ${query}` } };
    const found = Number.isNaN(number)
      ? fed.filter(({ name, labels }) => query === name || query === `${name} ${Object.values(labels).at(-1)}`)
      : [{ name: '', labels: {}, points: instants.map((at) => ({ at, value: number })) }];
    const series = found.map((each) => ({
      labels: each.labels,
      points: instants.flatMap((at) => {
        const value = valueAt(each, at);
        return value === null ? [] : [{ at: new Date(at).toISOString(), value: written(value) }];
      }),
    }));
    return { status: 200, body: { series } };
  }

  server.route('POST', '/metrics', ({ headers, rawBody }: FakeRequest) => {
    try {
      return answer(webhook.verify(rawBody, headers as Record<string, string>) as Question);
    } catch {
      return { status: 401 };
    }
  });
  return {
    baseUrl: `${server.origin}/metrics`,
    calls: server.calls,
    failNext: server.failNext,
    clearFaults: server.clearFaults,
    stop: server.close,
    close: () => server.close().catch(() => undefined),
  };
}

function range({ from, to, stepMs }: { from: string; to: string; stepMs: number }): number[] {
  const count = Math.floor((Date.parse(to) - Date.parse(from)) / stepMs) + 1;
  return Array.from({ length: count }, (_, index) => Date.parse(from) + index * stepMs);
}

function written(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? '+Inf' : '-Inf';
}
