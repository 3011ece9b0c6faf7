import type { StoreUpload } from '../../capabilities/store-upload.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { playClient } from './client.ts';
import { inEdit } from './edits.ts';
import { buildOf } from './find-build.ts';
import type { GooglePlayConnection } from './identity.ts';
import { playTrouble } from './play-error.ts';

/**
 * Uploads are kept by the commit of their edit, on no track. The digest finds them again: a process that died before the commit uploads once
 * more, one that died after it finds the bundle.
 */
export function googlePlayStoreUpload(connection: GooglePlayConnection, deps: AdapterDeps): StoreUpload {
  const client = playClient(connection, deps);
  return {
    ensureUploaded: ({ app: { appId }, file }) =>
      inEdit(client, appId, async (edit) => {
        const known = (await client.bundles(appId, edit.id)).find(({ sha256 }) => sha256?.toLowerCase() === file.sha256);
        if (known !== undefined) return buildOf(known, file.sha256);
        const bundle = await client.uploadBundle(appId, edit.id, file);
        // What Google read is what people approved, or nothing of it is kept.
        if (bundle.sha256?.toLowerCase() !== file.sha256) {
          throw playTrouble('invalid', `${file.name} arrived with another digest than it is known by`);
        }
        await edit.commit();
        return buildOf(bundle, file.sha256);
      }),
  };
}
