package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Documents of a file of JSON Lines, in batches. */
final class Corpus implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final BufferedReader lines;

  Corpus(Path file) throws IOException {
    lines = Files.newBufferedReader(file, StandardCharsets.UTF_8);
  }

  /** A document, parsed. */
  record Entry(
      String id,
      String title,
      String text,
      String primary,
      List<String> categories,
      long numAuthors,
      long createdMs,
      byte[] source) {}

  /** The next documents, at most {@code limit}; empty at the end. */
  List<Entry> next(int limit) throws IOException {
    List<Entry> batch = new ArrayList<>();
    while (batch.size() < limit) {
      String line = lines.readLine();
      if (line == null) break;
      batch.add(parse(line));
    }
    return batch;
  }

  private static Entry parse(String line) throws IOException {
    JsonNode node = JSON.readTree(line);
    List<String> categories = new ArrayList<>();
    node.get("categories").forEach(category -> categories.add(category.asText()));
    return new Entry(
        node.get("id").asText(),
        node.get("title").asText(),
        node.get("text").asText(),
        node.get("primary").asText(),
        categories,
        node.get("num_authors").asLong(),
        dayMs(node.get("created").asText()),
        line.getBytes(StandardCharsets.UTF_8));
  }

  /** A day in milliseconds since 1970, UTC. */
  static long dayMs(String day) {
    return LocalDate.parse(day).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
