/** Measures of rankings against judgments, as trec_eval has them: means over the queries that have a relevant document. */

/** Query to documents and their grades; grades above 0 are relevant. */
export type Judgments = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Query to the ids found, best first. */
export type Rankings = ReadonlyMap<string, readonly string[]>;

export type Measures = {
  readonly queries: number;
  /** Mean average precision over all that is ranked. */
  readonly map: number;
  /** Share of relevant documents among the first 30. */
  readonly p30: number;
  /** Normalised discounted cumulative gain of the first 10: grades by the logarithm of their rank. */
  readonly ndcg10: number;
  /** Mean of one by the rank of the first relevant document. */
  readonly mrr: number;
};

/** Measures rankings. */
export function measure(rankings: Rankings, judgments: Judgments): Measures {
  const perQuery: Omit<Measures, 'queries'>[] = [];
  for (const [query, ids] of rankings) {
    const grades = new Map([...(judgments.get(query) ?? [])].filter(([, grade]) => grade > 0));
    if (grades.size > 0) perQuery.push(measureQuery(ids, grades));
  }
  const mean = (of: (one: Omit<Measures, 'queries'>) => number): number =>
    perQuery.reduce((sum, one) => sum + of(one), 0) / perQuery.length;
  return {
    queries: perQuery.length,
    map: mean(({ map }) => map),
    p30: mean(({ p30 }) => p30),
    ndcg10: mean(({ ndcg10 }) => ndcg10),
    mrr: mean(({ mrr }) => mrr),
  };
}

function measureQuery(ids: readonly string[], grades: ReadonlyMap<string, number>): Omit<Measures, 'queries'> {
  const ranks = ids.flatMap((id, i) => (grades.has(id) ? [i + 1] : []));
  const precisions = ranks.reduce((sum, rank, i) => sum + (i + 1) / rank, 0);
  const best = [...grades.values()].toSorted((a, b) => b - a);
  const first = ranks[0];
  return {
    map: precisions / grades.size,
    p30: ranks.filter((rank) => rank <= 30).length / 30,
    ndcg10: gain(ids.slice(0, 10).map((id) => grades.get(id) ?? 0)) / gain(best.slice(0, 10)),
    mrr: first === undefined ? 0 : 1 / first,
  };
}

function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, i) => sum + grade / Math.log2(i + 2), 0);
}
