import type { Sql, Statement } from './client.ts';

interface Asked {
  statement: Statement;
  resolve: (rows: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Sends the queries asked within one turn in one round trip, on one connection. For readers that ask several questions side by side and each
 * live in their own file.
 */
export function gather(sql: Pick<Sql, 'batch'>): Pick<Sql, 'rows'> {
  let asked: Asked[] = [];

  async function send(): Promise<void> {
    const all = asked;
    asked = [];
    try {
      const answers = await sql.batch(all.map(({ statement }) => statement));
      all.forEach(({ resolve }, index) => {
        resolve(answers[index]);
      });
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }

  return {
    rows<T>(text: string, values: Statement[1] = []) {
      return new Promise<T[]>((resolve, reject) => {
        if (asked.length === 0) queueMicrotask(() => void send());
        asked.push({ statement: [text, values], resolve: resolve as Asked['resolve'], reject });
      });
    },
  };
}
