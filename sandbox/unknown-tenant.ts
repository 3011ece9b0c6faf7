/** Somebody named a team that the sandbox does not have. */
export class UnknownTenant extends Error {}
