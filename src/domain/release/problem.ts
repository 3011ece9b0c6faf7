/** Something a person must correct, at the field where they can. */
export interface Problem {
  /** JSON pointer into the request, e.g. `/regressionSlots/0/date`; `/config/…` where the release config is at fault. */
  field: string;
  /** A whole sentence. */
  message: string;
}

/** A value, or everything that is wrong at once. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };
