import type { FakeBuild, FakeCause, FakeFolder, FakeItem, FakeJob, FakeParameter, FakeQueueItem, FakeValue } from './item.ts';

export const byPerson = (userId: string): FakeCause => ({ cls: 'hudson.model.Cause$UserIdCause', userId });

/** Folders, jobs, the queue and the builds. Nothing moves by itself: tests say when an item leaves the queue and how a build ends. */
export class JenkinsWorld {
  readonly items = new Map<string, FakeItem>();
  readonly queue: FakeQueueItem[] = [];
  /** Queue items stay out of every list while this is set. */
  hidesNewItems = false;
  #lastId = 4_000;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  addFolder(path: string): FakeFolder {
    return this.#add({ type: 'folder', path });
  }

  addJob(path: string, options: { parameters?: FakeParameter[]; pipeline?: boolean; disabled?: boolean } = {}): FakeJob {
    const { parameters = [], pipeline = false, disabled = false } = options;
    return this.#add({ type: 'job', path, parameters, pipeline, disabled, builds: [], nextNumber: 1 });
  }

  /** A multibranch pipeline with a job for each branch, under the branch's encoded name. */
  addMultibranch(path: string, branches: string[], parameters: FakeParameter[] = []): FakeFolder {
    const project = this.#add({ type: 'multibranch', path });
    for (const branch of branches) this.addBranch(path, branch, parameters);
    return project;
  }

  addBranch(multibranch: string, branch: string, parameters: FakeParameter[] = []): FakeJob {
    const name = branch.replace(/[#%/?[\\\]]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
    return this.addJob(`${multibranch}/${name}`, { parameters, pipeline: true });
  }

  job(path: string): FakeJob | null {
    const item = this.items.get(path);
    return item?.type === 'job' ? item : null;
  }

  /** Direct children, by name as Jenkins lists them. @param path '' for the root */
  children(path: string): FakeItem[] {
    const prefix = path === '' ? '' : `${path}/`;
    return [...this.items.values()]
      .filter((item) => item.path.startsWith(prefix) && item.path !== path && !item.path.slice(prefix.length).includes('/'))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Equal to what waits already, it is the same item: Jenkins folds them into one. */
  enqueue(job: FakeJob, values: FakeValue[], cause: FakeCause): FakeQueueItem {
    const same = this.waiting(job, values);
    if (same) {
      same.causes.push(cause);
      return same;
    }
    this.#lastId += 1;
    const item: FakeQueueItem = {
      id: this.#lastId,
      job,
      values,
      causes: [cause],
      inQueueSince: this.#now(),
      state: 'waiting',
      stuck: false,
      why: 'In the quiet period. Expires in 4.9 sec',
      build: null,
      forgotten: false,
      hidden: this.hidesNewItems,
    };
    this.queue.push(item);
    return item;
  }

  /** What waits and asks for the same. */
  waiting(job: FakeJob, values: FakeValue[]): FakeQueueItem | null {
    const waits = (item: FakeQueueItem) => item.job === job && item.state !== 'left' && item.state !== 'cancelled';
    return this.queue.find((item) => waits(item) && JSON.stringify(item.values) === JSON.stringify(values)) ?? null;
  }

  /** The item leaves the queue and becomes a build. */
  start(item: FakeQueueItem): FakeBuild {
    if (item.build) return item.build;
    const build: FakeBuild = {
      number: item.job.nextNumber,
      job: item.job,
      item,
      building: true,
      result: null,
      timestamp: this.#now(),
      checkouts: [],
      artifacts: [],
      waitsForInput: false,
    };
    item.job.nextNumber += 1;
    item.job.builds.push(build);
    Object.assign(item, { state: 'left', why: null, build });
    return build;
  }

  finish(build: FakeBuild, result: string): void {
    Object.assign(build, { building: false, result, waitsForInput: false });
  }

  cancel(item: FakeQueueItem): void {
    if (item.state !== 'left') Object.assign(item, { state: 'cancelled', why: null });
  }

  item(id: number): FakeQueueItem | null {
    return this.queue.find((item) => item.id === id && !item.forgotten) ?? null;
  }

  #add<Item extends FakeItem>(item: Item): Item {
    const parent = item.path.split('/').slice(0, -1).join('/');
    if (parent !== '' && !this.items.has(parent)) this.addFolder(parent);
    this.items.set(item.path, item);
    return item;
  }
}
