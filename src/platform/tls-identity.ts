import type { Secret } from './secret.ts';

/** Whom to trust and who we are where the public authorities and a token are not enough. */
export interface TlsIdentity {
  /** Certificates of the authority that the other side's certificate comes from, PEM; in place of the public ones. */
  authority?: string;
  /** Our own certificate, PEM; with `key`. */
  certificate?: string;
  key?: Secret;
}
