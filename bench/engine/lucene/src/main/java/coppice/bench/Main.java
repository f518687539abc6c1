package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.lucene.util.Version;

/** Lucene as a peer: takes commands as lines of JSON on its input and answers each with one line. */
public final class Main {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Main() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Shard shard = new Shard()) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        answers.println(JSON.writeValueAsString(answer(shard, JSON.readTree(line))));
      }
    }
  }

  private static ObjectNode answer(Shard shard, JsonNode command) {
    try {
      ObjectNode result = JSON.createObjectNode();
      perform(shard, command, result);
      return result;
    } catch (Exception error) {
      return JSON.createObjectNode().put("error", error.toString());
    }
  }

  private static void perform(Shard shard, JsonNode command, ObjectNode result) throws Exception {
    switch (command.get("do").asText()) {
      case "hello" -> describe(result);
      case "index" -> shard.index(IndexRequest.of(command), result);
      case "merge" -> shard.merge(result);
      case "delete" -> shard.deleteEvery(command.get("every").asInt(), result);
      case "open" -> shard.open(Path.of(command.get("folder").asText()), result);
      case "tasks" -> shard.setTasks(command.get("tasks"));
      case "search" -> shard.searches().time(command, result);
      case "answers" -> shard.searches().answer(command, result);
      case "release" -> shard.close();
      case "memory" -> Memory.describe(result);
      default -> throw new IllegalArgumentException("unknown command " + command.get("do"));
    }
  }

  private static void describe(ObjectNode result) {
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    boolean segments = Version.LATEST.major >= 10;
    String access = segments ? "MMapDirectory with MemorySegment" : "MMapDirectory with ByteBuffer";
    result.put("peer", "lucene");
    result.put("version", Version.LATEST.toString());
    result.put("access", access + (vectors ? ", Panama vectors" : "") + ", Java " + Runtime.version());
  }
}
