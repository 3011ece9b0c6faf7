/**
 * The release object some source-control providers keep beside a tag: a title and notes that people see. Bound to one connection and one
 * repository. Trouble is a `ProviderError`.
 */

export interface ReleaseObject {
  id: string;
  tag: string;
  name: string;
  body: string;
  prerelease: boolean;
  url: string;
}

export interface ReleaseObjects {
  findReleaseObject(tag: string): Promise<ReleaseObject | null>;
  /** Creates the release object of a tag, or brings name, body and prerelease of the existing one in line. No such tag: `not-found`. */
  ensureReleaseObject(input: { tag: string; name: string; body: string; prerelease: boolean }): Promise<ReleaseObject>;
}
