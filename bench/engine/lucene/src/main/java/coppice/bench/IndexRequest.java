package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;

/**
 * What to index and how.
 *
 * @param count at most so many lines of the corpus
 * @param skipEvery leaves out each line whose number this divides; 0 leaves none out
 * @param upsert whether each document replaces one of the same id, or is added unseen
 * @param deflate whether stored sources are compressed with deflate rather than LZ4
 */
record IndexRequest(
    Path corpus, Path folder, int count, int skipEvery, boolean upsert, boolean deflate, int bufferMb) {

  static IndexRequest of(JsonNode command) {
    return new IndexRequest(
        Path.of(command.get("corpus").asText()),
        Path.of(command.get("folder").asText()),
        command.path("count").asInt(Integer.MAX_VALUE),
        command.path("skipEvery").asInt(0),
        command.path("upsert").asBoolean(true),
        command.path("deflate").asBoolean(false),
        command.path("bufferMb").asInt(64));
  }
}
