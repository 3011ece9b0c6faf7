/** A provider asked the address of a webhook whether it is the receiver's, and did not hear what it wants. */
export class UnansweredAddress extends Error {}
