import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where servers live although a user's PATH often lacks it. */
const extraDirectories = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/homebrew/sbin'];

/** The full path of the first of `names` that is executable, or null. */
export function findBinary(...names) {
  const directories = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...extraDirectories];
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not there: look further.
      }
    }
  }
  return null;
}
