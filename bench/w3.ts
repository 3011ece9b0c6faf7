import { sequence } from './noop-run.ts';
import { cpuSeconds, createRuns, openWorld, round } from './world.ts';

/* W3: what waiting costs. 10,000 releases that wait for tomorrow; CPU of scheduler and worker over a minute. */

export async function w3(releases: number, seconds: number): Promise<Record<string, number>> {
  const world = await openWorld();
  try {
    const tomorrow = new Date(Date.now() + 86_400_000);
    await createRuns(world, releases, sequence(17, tomorrow), 50);
    const scheduler = await world.start('../src/main/scheduler.ts', { ready: 'output' });
    const worker = await world.start('../src/main/worker.ts', { ready: 'output' });
    // Start-up is not waiting.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const pids = [scheduler.pid ?? 0, worker.pid ?? 0] as const;
    const before = pids.map(cpuSeconds);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const used = pids.map((pid, index) => cpuSeconds(pid) - (before[index] ?? 0));
    const [schedulerUsed = 0, workerUsed = 0] = used;
    return {
      schedulerPercent: round((schedulerUsed / seconds) * 100),
      workerPercent: round((workerUsed / seconds) * 100),
      cpuPercent: round(((schedulerUsed + workerUsed) / seconds) * 100),
    };
  } finally {
    await world.close();
  }
}
