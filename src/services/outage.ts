import { isUnreachable } from '../db/client.ts';

/** Whether what failed is the way to the database: nothing is wrong with the request, and the same request may succeed in a moment. */
export const isOutage = (error: unknown): boolean => isUnreachable(error);
