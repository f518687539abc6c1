package coppice.bench;

import org.apache.lucene.search.TotalHits;

/** Reads a total, which is a field in Lucene 9 and a record's accessor in Lucene 10. */
final class TotalCount {
  private TotalCount() {}

  /** The text is the number, a plus sign if there may be more, and the word hits, in either version. */
  static long of(TotalHits total) {
    String text = total.toString();
    int end = 0;
    while (end < text.length() && Character.isDigit(text.charAt(end))) end++;
    return Long.parseLong(text.substring(0, end));
  }
}
