package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.UsageTrackingQueryCachingPolicy;

/** Runs the current tasks, timed or for their answers. A query is built from its text inside the time. */
final class Searches {
  private final DirectoryReader reader;
  private final IndexSearcher plain;
  private final IndexSearcher caching;
  private final List<Task> tasks = new ArrayList<>();

  Searches(DirectoryReader reader) {
    this.reader = reader;
    plain = new IndexSearcher(reader);
    plain.setQueryCache(null);
    caching = new IndexSearcher(reader);
    caching.setQueryCachingPolicy(
        new UsageTrackingQueryCachingPolicy() {
          /** Filters are cached as Lucene sees fit; whole queries are not, since they are what is measured. */
          @Override
          public boolean shouldCache(Query query) throws IOException {
            return !(query instanceof BooleanQuery) && super.shouldCache(query);
          }
        });
  }

  void setTasks(JsonNode list) {
    tasks.clear();
    list.forEach(node -> tasks.add(Task.of(node)));
  }

  void warm() throws IOException {
    plain.search(new MatchAllDocsQuery(), 10);
  }

  /** Least time of each task over some passes, in microseconds. The first pass ends with its budget. */
  void time(JsonNode command, ObjectNode result) throws IOException {
    String mode = command.get("mode").asText();
    int passes = command.path("passes").asInt(1);
    double budgetNs = command.path("budgetMs").asDouble(1e9) * 1e6;
    double[] leastUs = new double[tasks.size()];
    Arrays.fill(leastUs, Double.MAX_VALUE);
    long[] hits = new long[tasks.size()];
    int count = tasks.size();
    long beginNs = System.nanoTime();
    for (int pass = 0; pass < passes && (pass == 0 || System.nanoTime() - beginNs < budgetNs); pass++) {
      for (int i = 0; i < count; i++) {
        long startNs = System.nanoTime();
        hits[i] = run(tasks.get(i), mode);
        long endNs = System.nanoTime();
        leastUs[i] = Math.min(leastUs[i], (endNs - startNs) / 1e3);
        if (pass == 0 && endNs - beginNs > budgetNs) count = i + 1;
      }
    }
    ArrayNode micros = result.putArray("micros");
    ArrayNode totals = result.putArray("hits");
    for (int i = 0; i < count; i++) {
      micros.add(leastUs[i]);
      totals.add(hits[i]);
    }
  }

  /** Exact totals and best hits: id, score, and the value sorted by where there is one. */
  void answer(JsonNode command, ObjectNode result) throws IOException {
    int limit = command.path("limit").asInt(10);
    ArrayNode totals = result.putArray("hits");
    ArrayNode tops = result.putArray("top");
    for (Task task : tasks) {
      TopDocs found = search(task, limit, Integer.MAX_VALUE);
      totals.add(TotalCount.of(found.totalHits));
      ArrayNode top = tops.addArray();
      for (ScoreDoc hit : found.scoreDocs) {
        Document document = reader.storedFields().document(hit.doc, Set.of("id"));
        top.addArray().add(document.get("id")).add(task.sort() == null ? hit.score : 0);
      }
    }
  }

  private long run(Task task, String mode) throws IOException {
    return switch (mode) {
      case "count" -> searcher(task).count(task.query());
      case "top10count" -> TotalCount.of(search(task, 10, Integer.MAX_VALUE).totalHits);
      case "top10" -> TotalCount.of(search(task, 10, 0).totalHits);
      default -> throw new IllegalArgumentException("unknown mode " + mode);
    };
  }

  private TopDocs search(Task task, int limit, int countedHits) throws IOException {
    IndexSearcher searcher = searcher(task);
    if (task.sort() == null) {
      return searcher.search(task.query(), new TopScoreDocCollectorManager(limit, countedHits));
    }
    return searcher.search(task.query(), new TopFieldCollectorManager(task.sort(), limit, countedHits));
  }

  private IndexSearcher searcher(Task task) {
    return task.filter() == null ? plain : caching;
  }
}
