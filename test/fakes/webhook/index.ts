import { Webhook } from 'standardwebhooks';
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';

/** A receiver as somebody would write it after the README: verifies with the library, drops what it has seen, keeps the rest. */

export interface ReceivedMessage {
  id: string;
  key: string;
  channel: string;
  threadId: string | null;
  summary: string;
  text: string;
  markdown: string;
  sections: { heading: string | null; text: string | null; fields: { label: string; value: string; url: string | null }[] }[];
}

export interface ReceiverFake {
  /** What a connection names as its base URL. */
  readonly baseUrl: string;
  readonly calls: FakeServer['calls'];
  /** Each once, however often it was sent. */
  readonly messages: ReceivedMessage[];
  readonly pings: string[];
  failNext: FakeServer['failNext'];
  clearFaults: FakeServer['clearFaults'];
  close(): Promise<void>;
}

export async function createReceiverFake({ secret }: { secret: string }): Promise<ReceiverFake> {
  const webhook = new Webhook(secret);
  const server = await startFakeServer();
  const messages: ReceivedMessage[] = [];
  const pings: string[] = [];

  function receive({ headers, rawBody }: FakeRequest): FakeAnswer {
    if (headers['content-type'] !== 'application/json') return { status: 415 };
    let payload: { type: string };
    try {
      // The library throws for whatever is not signed with the secret, and now.
      payload = webhook.verify(rawBody, headers as Record<string, string>) as { type: string };
    } catch {
      return { status: 401 };
    }
    const id = String(headers['webhook-id']);
    if (payload.type === 'ping') pings.push(id);
    if (payload.type === 'message' && !messages.some((message) => message.id === id)) {
      const { type: _type, ...message } = payload as ReceivedMessage & { type: string };
      if (message.id !== id) return { status: 422 };
      messages.push(message);
    }
    return { status: 204 };
  }

  server.route('POST', '/hooks/signalbox', receive);
  return {
    baseUrl: `${server.origin}/hooks/signalbox`,
    calls: server.calls,
    messages,
    pings,
    failNext: server.failNext,
    clearFaults: server.clearFaults,
    close: server.close,
  };
}
