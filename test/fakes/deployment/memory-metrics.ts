import type { MetricsSource, Series } from '../../../src/integrations/capabilities/metrics-source.ts';

/** Measures nothing: a metrics source in memory that answers every query with what the test says. */
export class MemoryMetrics implements MetricsSource {
  /** null = no series. */
  value: number | null = 0;
  /** Of single queries, where they differ. */
  readonly values = new Map<string, number>();
  readonly queries: string[] = [];

  async query(query: string, at: Date): Promise<Series[]> {
    this.queries.push(query);
    const value = this.values.get(query) ?? this.value;
    return value === null ? [] : [{ labels: {}, points: [{ at, value }] }];
  }

  async queryRange(query: string, { from, to, stepMs }: { from: Date; to: Date; stepMs: number }): Promise<Series[]> {
    this.queries.push(query);
    const value = this.values.get(query) ?? this.value;
    if (value === null) return [];
    const count = Math.floor((to.getTime() - from.getTime()) / stepMs);
    return [
      { labels: {}, points: Array.from({ length: count }, (_, index) => ({ at: new Date(from.getTime() + index * stepMs), value })) },
    ];
  }
}
