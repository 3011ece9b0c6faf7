/** Where measurements come from, bound to one connection. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  /** Oldest first. `value` may be NaN or infinite: the source said so. */
  points: readonly { at: Date; value: number }[];
}

export interface MetricsSource {
  /**
   * The value of each series at an instant: one point per series, none when there is no data. The caller judges what no data means.
   * @throws ProviderError invalid when the source refuses the query, with its words
   */
  query(query: string, at: Date): Promise<Series[]>;
  /** @param stepMs distance of the points, milliseconds */
  queryRange(query: string, range: { from: Date; to: Date; stepMs: number }): Promise<Series[]>;
}
