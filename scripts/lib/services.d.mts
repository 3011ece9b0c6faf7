/** A server this process started on a port of 127.0.0.1; it stays on that port through `restart`. */
export interface PrivateServer {
  /** MySQL family: `mysql://root@127.0.0.1:port` without a database. Redis: with `/0`. */
  readonly url: string;
  readonly port: number;
  /** Of the daemon itself: may be sent SIGSTOP and SIGCONT. Changes with `restart`. */
  readonly pid: number;
  readonly running: boolean;
  /** Orderly; SIGKILL after ten seconds. */
  stop(): Promise<void>;
  /** SIGKILL: a crash. */
  kill(): Promise<void>;
  /** Stops it if it runs, starts it and waits until it answers. `empty`: its data is gone. */
  restart(options?: { empty?: boolean }): Promise<void>;
}

export interface Progress {
  step(text: string): void;
  ok(text: string): void;
  warn(text: string): void;
  fail(text: string): void;
  note(text: string): void;
  raw(text: string): void;
}

interface ServerOptions {
  /** Private to this server; made when absent, data in it is used again. */
  dir: string;
  flags?: string[];
}

/** Null when it is not installed. */
export function startMariadb(options: ServerOptions & { environment?: Record<string, string> }): Promise<PrivateServer | null>;
/** A real MySQL; null where there is none (`progress` says why). The first call on a machine may fetch one. */
export function startMysql(options: ServerOptions & { progress?: Progress }): Promise<PrivateServer | null>;
export function startRedis(options: ServerOptions): Promise<PrivateServer | null>;

export interface Services {
  databaseUrl: string;
  redisUrl: string;
  /** Ends what was started, nothing else. */
  stop(): Promise<void>;
}

export function startServices(options: {
  dir: string;
  ephemeral?: boolean;
  fresh?: boolean;
  flags?: { mariadb?: string[]; redis?: string[] };
  database?: string;
  progress?: Progress;
}): Promise<Services>;
