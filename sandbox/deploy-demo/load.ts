import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** One request as a user saw it. Times are those of `performance.now()`. */
export interface Answer {
  askedAt: number;
  answeredAt: number;
  /** Which version answered; null = the balancer itself, or nobody. */
  version: string | null;
  /** null = no answer came. */
  status: number | null;
}

export interface Load {
  /** Everything so far. */
  readonly answers: readonly Answer[];
  stop(): Promise<void>;
}

const USERS = 8;
const PAUSE_MS = 30;
const TIMEOUT_MS = 15_000;

/** Users who ask one request after the other, each over a connection that it keeps. */
export function startLoad(url: string): Load {
  const answers: Answer[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: USERS });
  let isOn = true;
  const users = Array.from({ length: USERS }, async () => {
    while (isOn) {
      const askedAt = performance.now();
      const answer = await ask(url, agent);
      answers.push({ askedAt, answeredAt: performance.now(), ...answer });
      await delay(PAUSE_MS);
    }
  });
  return {
    answers,
    async stop() {
      isOn = false;
      await Promise.all(users);
      agent.destroy();
    },
  };
}

function ask(url: string, agent: Agent): Promise<Pick<Answer, 'version' | 'status'>> {
  return new Promise((resolve) => {
    const nothing = () => resolve({ version: null, status: null });
    const sent = request(url, { agent, timeout: TIMEOUT_MS }, (response: IncomingMessage) => {
      const version = response.headers['x-version'];
      response.resume();
      response.once('error', nothing);
      response.once('end', () => resolve({ version: typeof version === 'string' ? version : null, status: response.statusCode ?? null }));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.once('error', nothing);
    sent.end();
  });
}
