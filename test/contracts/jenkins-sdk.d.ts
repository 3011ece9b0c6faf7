/** The calls we make of npm's `jenkins`, which comes without types. */
declare module 'jenkins' {
  export default class Jenkins {
    constructor(options: { baseUrl: string; crumbIssuer?: boolean });
    info(): Promise<{ jobs: { name: string }[] }>;
    job: {
      get(name: string): Promise<{ fullName: string }>;
      exists(name: string): Promise<boolean>;
      list(name: string): Promise<{ name: string }[]>;
      build(options: { name: string; parameters?: Record<string, string> }): Promise<number>;
    };
    queue: {
      item(id: number): Promise<{ id: number; executable?: { number: number } }>;
      list(): Promise<{ id: number }[]>;
      cancel(id: number): Promise<void>;
    };
    build: {
      get(name: string, number: number): Promise<{ number: number; building: boolean; result: string | null; queueId: number }>;
      stop(name: string, number: number): Promise<void>;
    };
  }
}
