/**
 * A certificate that signs itself, for `mail.example.test` (RFC 6761: a name nobody has), from 2020 to 2120. The key is public like
 * everything here: it protects nothing.
 */

export const MAIL_HOST = 'mail.example.test';

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFtYWlsLmV4
YW1wbGUudGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
MBgGA1UEAwwRbWFpbC5leGFtcGxlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAATzIzOTkYBIge0hjazmmEVqOrtjCwrCg0WHhsXzPllHZl48EXgvYU2XPOo4
knOABUysq72N8WPW7AGwWOrZ80VZo1AwTjAcBgNVHREEFTATghFtYWlsLmV4YW1w
bGUudGVzdDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBRSzFFnHxJw4QF+5UbG
xunVcOGDrzAKBggqhkjOPQQDAgNHADBEAiBzuWHTscdeHvYsgqUd3SjDWclA1t0R
lFTgHj2liRF7BwIgImldi4EytXeO5AfpeC5aeh/nT9x0EANbFJ9MjLcauy8=
-----END CERTIFICATE-----
`;

export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/iepOQCgC1rPY3Do
eyKm90KVMvGRy5YQLqxzRBvb4e+hRANCAATzIzOTkYBIge0hjazmmEVqOrtjCwrC
g0WHhsXzPllHZl48EXgvYU2XPOo4knOABUysq72N8WPW7AGwWOrZ80VZ
-----END PRIVATE KEY-----
`;
