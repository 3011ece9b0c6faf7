import { RELEASED, type StorePlace } from '../stores/store.ts';
import type { SandboxTenant } from '../tenant.ts';
import type { Robot } from './robot.ts';

/** What goes where, by the name of the artifact. */
const ways: readonly { target: StorePlace['target']; name: RegExp }[] = [
  { target: 'APP_STORE', name: /^shop-(?<version>.+)-testflight\.ipa$/ },
  { target: 'PLAY_STORE', name: /^shop-(?<version>.+)\.aab$/ },
];

/** The last step of the workflows for the stores: what was built is uploaded, under the next free number. */
export function uploads(tenants: () => Iterable<SandboxTenant>): Robot {
  const numbers = new Map<string, number>();

  function upload({ name: team, builds, stores }: SandboxTenant): void {
    for (const { id, attempt, artifacts } of builds.runs()) {
      const run = `${team} ${id}#${attempt}`;
      const [artifact] = artifacts;
      if (artifact === undefined || numbers.has(run)) continue;
      const way = ways.find(({ name }) => name.test(artifact));
      const version = way?.name.exec(artifact)?.groups?.version;
      const store = stores.find(({ access: { place } }) => place.target === way?.target && place.uploadBy === 'CI');
      const content = builds.artifact(id, artifact);
      if (store === undefined || version === undefined || content === null) continue;
      const number = Number(RELEASED.number) + 1 + numbers.size;
      numbers.set(run, number);
      store.upload({ version, number: String(number), content });
    }
  }

  return {
    look() {
      for (const tenant of tenants()) if (tenant.stores.length > 0) upload(tenant);
    },
  };
}
