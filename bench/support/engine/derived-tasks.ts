/** Classes that are made from the words of others: sorted, filtered, sloppy and fuzzier searches. */
import type { Task } from './protocol.ts';

const SLOP = 4;
const FIRST_YEAR = 2000;
const YEARS = 20;

/** Tasks of the derived classes, as many of each as there are of the class whose words they take. */
export function derivedTasks(tasks: readonly Task[], categories: readonly string[]): Task[] {
  const from = (source: string, name: string, change: (task: Task, index: number) => Partial<Task>): Task[] =>
    tasks.filter((task) => task.class === source).map((task, i) => ({ ...task, ...change(task, i), class: name }));
  const category = (index: number): Pick<Task, 'filter'> => ({
    filter: { field: 'primary', value: categories[index % categories.length] ?? '' },
  });
  return [
    ...from('HighPhrase', 'SloppyPhrase', () => ({ slop: SLOP })),
    ...from('Fuzzy1', 'Fuzzy2', () => ({ edits: 2 })),
    ...from('HighTerm', 'TermSortedByDate', () => ({ sort: { field: 'created', order: 'desc' } })),
    ...from('OrHighMed', 'OrSortedByNumber', () => ({ sort: { field: 'num_authors', order: 'asc' } })),
    ...from('HighTerm', 'TermInYear', (_, i) => ({ filter: yearFilter(i) })),
    ...from('OrHighHigh', 'OrInCategory', (_, i) => category(i)),
    ...from('AndHighHigh', 'AndInCategory', (_, i) => category(i)),
  ];
}

function yearFilter(index: number): { readonly field: 'created'; readonly gte: number; readonly lt: number } {
  const year = FIRST_YEAR + (index % YEARS);
  return { field: 'created', gte: Date.UTC(year, 0, 1), lt: Date.UTC(year + 1, 0, 1) };
}
