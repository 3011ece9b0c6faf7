import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { type CiCdConfigBody, ciCdConfig } from '../ci-cd-configs/ci-cd-config.ts';
import { type CommChannelsBody, commChannels } from '../comm-channels/comm-channels.ts';
import type { ConfigBody, ConfigKind } from '../configs/config-resource.ts';
import { type ProjectManagementConfigBody, projectManagementConfig } from '../project-management-configs/project-management-config.ts';
import { type StoreConfigBody, storeConfig } from '../store-configs/store-config.ts';
import { type TestManagementConfigBody, testManagementConfig } from '../test-management-configs/test-management-config.ts';

/** What a release config takes from configs of their own, by the name of the part. */
export interface SubConfigBodies {
  ci: CiCdConfigBody;
  projectManagement: ProjectManagementConfigBody;
  testManagement: TestManagementConfigBody;
  communication: CommChannelsBody;
}
export type Part = keyof SubConfigBodies;

interface SubConfig {
  part: Part;
  /** Of the release config's body. */
  field: keyof ReleaseConfigBody & `${string}ConfigId`;
  kind: ConfigKind<ConfigBody>;
}

/** Who uses the table below does the same for every kind; the schema of each kind has let its bodies in, so they are of that kind. */
const erased = <B extends ConfigBody>(kind: ConfigKind<B>) => kind as unknown as ConfigKind<ConfigBody>;

/** One of each at most. */
export const subConfigs: readonly SubConfig[] = [
  { part: 'ci', field: 'ciConfigId', kind: erased(ciCdConfig) },
  { part: 'projectManagement', field: 'projectManagementConfigId', kind: erased(projectManagementConfig) },
  { part: 'testManagement', field: 'testManagementConfigId', kind: erased(testManagementConfig) },
  { part: 'communication', field: 'commsConfigId', kind: erased(commChannels) },
];

/** One for each target that goes to a store. */
export const storeKind = erased(storeConfig);

/** A config that exists, or one that the release config has for itself. */
export type SubConfigChange<B extends ConfigBody> = { configId: string } | InlineConfig<B>;
/** Without a name it is called like the release config. */
export type InlineConfig<B extends ConfigBody> = Omit<B, 'name'> & { name?: string | undefined };

export interface StoreChange {
  target: StoreConfigBody['target'];
  rolloutPlan: ReleaseConfigBody['stores'][number]['rolloutPlan'];
  storeConfigId?: string | undefined;
  /** In place of `storeConfigId`. */
  config?: InlineConfig<Omit<StoreConfigBody, 'target'>> | undefined;
}

/** Absent: stays as it is. Null: there is none any more. */
export type SubConfigChanges = { [P in Part]?: SubConfigChange<SubConfigBodies[P]> | null | undefined } & {
  stores?: readonly StoreChange[] | null | undefined;
};
