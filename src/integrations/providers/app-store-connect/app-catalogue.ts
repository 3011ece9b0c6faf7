import type { AppCatalogue } from '../../capabilities/app-catalogue.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ascClient } from './client.ts';
import type { AscConnection } from './identity.ts';

/** The apps with a version for iOS that the key may see. */
export function ascAppCatalogue(connection: AscConnection, deps: AdapterDeps): AppCatalogue {
  const client = ascClient(connection, deps);
  return {
    async *apps() {
      for await (const { data } of client.eachPageOfApps()) {
        for (const { attributes } of data) {
          if (attributes.bundleId) yield { appId: attributes.bundleId, name: attributes.name || attributes.bundleId };
        }
      }
    },
  };
}
