package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.LongField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortedNumericSelector;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.QueryBuilder;

/** A search: its words, how they are joined, what filters and what sorts. */
record Task(String kind, String text, int slop, int edits, JsonNode filter, Sort sort) {
  private static final String FIELD = "text";
  private static final Analyzer ANALYZER = new StandardAnalyzer(CharArraySet.EMPTY_SET);
  private static final QueryBuilder BUILDER = new QueryBuilder(ANALYZER);

  static Task of(JsonNode node) {
    return new Task(
        node.get("kind").asText(),
        node.get("text").asText(),
        node.path("slop").asInt(0),
        node.path("edits").asInt(0),
        node.get("filter"),
        sortOf(node.get("sort")));
  }

  /** The query, built anew. */
  Query query() {
    if (filter == null) return words();
    return new BooleanQuery.Builder()
        .add(words(), BooleanClause.Occur.MUST)
        .add(filterQuery(), BooleanClause.Occur.FILTER)
        .build();
  }

  private Query words() {
    return switch (kind) {
      case "or" -> BUILDER.createBooleanQuery(FIELD, text, BooleanClause.Occur.SHOULD);
      case "and" -> BUILDER.createBooleanQuery(FIELD, text, BooleanClause.Occur.MUST);
      case "phrase" -> BUILDER.createPhraseQuery(FIELD, text, slop);
      case "prefix" -> new PrefixQuery(new Term(FIELD, text));
      case "fuzzy" -> new FuzzyQuery(new Term(FIELD, text), edits);
      case "all" -> new MatchAllDocsQuery();
      default -> throw new IllegalArgumentException("unknown kind of task " + kind);
    };
  }

  private Query filterQuery() {
    String field = filter.get("field").asText();
    if (filter.has("value")) return new TermQuery(new Term(field, filter.get("value").asText()));
    return LongField.newRangeQuery(field, filter.get("gte").asLong(), filter.get("lt").asLong() - 1);
  }

  private static Sort sortOf(JsonNode sort) {
    if (sort == null) return null;
    boolean falling = sort.get("order").asText().equals("desc");
    SortedNumericSelector.Type which = falling ? SortedNumericSelector.Type.MAX : SortedNumericSelector.Type.MIN;
    return new Sort(LongField.newSortField(sort.get("field").asText(), falling, which));
  }
}
