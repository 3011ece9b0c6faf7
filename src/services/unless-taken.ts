import { errnoOf } from '../db/client.ts';
import { invalid, type Problem } from './service-error.ts';

const DUPLICATE = 1062;

/** Names are kept unique by the database. @throws ServiceError invalid with the problem, for one that another row has */
export async function unlessTaken<T>(write: Promise<T>, problem: Problem): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (errnoOf(error) !== DUPLICATE) throw error;
    throw invalid([problem]);
  }
}
