package coppice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KeywordField;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/**
 * One index, written and read by one thread. Neighbours are merged, so that documents stay in the order of the log and
 * ties come out as they do in a log-ordered engine.
 */
final class Shard implements AutoCloseable {
  private static final int BATCH = 1_000;
  private final List<String> ids = new ArrayList<>();
  private Directory directory;
  private IndexWriter writer;
  private DirectoryReader reader;
  private Searches searches;
  private JsonNode tasks;

  /** Indexes documents; the time is that of writing alone, documents are read and parsed outside of it. */
  void index(IndexRequest request, ObjectNode result) throws Exception {
    close();
    ids.clear();
    empty(request.folder());
    directory = new MMapDirectory(request.folder());
    writer = new IndexWriter(directory, settings(request));
    long wallNs = 0;
    int line = 0;
    long cpuNs = 0;
    try (Corpus corpus = new Corpus(request.corpus())) {
      while (line < request.count()) {
        List<Corpus.Entry> batch = corpus.next(Math.min(BATCH, request.count() - line));
        if (batch.isEmpty()) break;
        long cpuStartNs = cpuNs();
        long startNs = System.nanoTime();
        for (Corpus.Entry entry : batch) {
          boolean skipped = request.skipEvery() > 0 && line % request.skipEvery() == 0;
          line++;
          if (!skipped) add(entry, line, request.upsert());
        }
        wallNs += System.nanoTime() - startNs;
        cpuNs += cpuNs() - cpuStartNs;
      }
    }
    result.put("heapBytes", Memory.heapAfterCollection());
    long cpuStartNs = cpuNs();
    long startNs = System.nanoTime();
    writer.commit();
    wallNs += System.nanoTime() - startNs;
    cpuNs += cpuNs() - cpuStartNs;
    result.put("docs", ids.size()).put("wallMs", wallNs / 1e6).put("cpuMs", cpuNs / 1e6);
    refresh(result);
  }

  /** Merges to one segment. */
  void merge(ObjectNode result) throws IOException {
    long startNs = System.nanoTime();
    writer.forceMerge(1);
    writer.commit();
    result.put("wallMs", (System.nanoTime() - startNs) / 1e6);
    refresh(result);
  }

  /** Deletes each document whose place among those indexed this divides; segments are left as they are. */
  void deleteEvery(int every, ObjectNode result) throws IOException {
    for (int i = 0; i < ids.size(); i += every) writer.deleteDocuments(new Term("id", ids.get(i)));
    writer.getConfig().setMergePolicy(org.apache.lucene.index.NoMergePolicy.INSTANCE);
    writer.commit();
    refresh(result);
  }

  /** Opens a folder for reading; the time is until a first search is answered. */
  void open(Path folder, ObjectNode result) throws IOException {
    close();
    long startNs = System.nanoTime();
    directory = new MMapDirectory(folder);
    reader = DirectoryReader.open(directory);
    result.put("wallMs", (System.nanoTime() - startNs) / 1e6);
    searches = new Searches(reader);
    searches.warm();
    result.put("firstMs", (System.nanoTime() - startNs) / 1e6);
    describe(result);
  }

  void setTasks(JsonNode list) {
    tasks = list;
    if (searches != null) searches.setTasks(tasks);
  }

  Searches searches() {
    return searches;
  }

  private void add(Corpus.Entry entry, int seqNo, boolean upsert) throws IOException {
    Document document = document(entry, seqNo);
    ids.add(entry.id());
    if (upsert) writer.updateDocument(new Term("id", entry.id()), document);
    else writer.addDocument(document);
  }

  private static Document document(Corpus.Entry entry, int seqNo) {
    Document document = new Document();
    document.add(new StringField("id", entry.id(), Field.Store.YES));
    document.add(new TextField("title", entry.title(), Field.Store.NO));
    document.add(new TextField("text", entry.text(), Field.Store.NO));
    document.add(new KeywordField("primary", entry.primary(), Field.Store.NO));
    for (String category : entry.categories()) document.add(new KeywordField("categories", category, Field.Store.NO));
    document.add(new LongField("num_authors", entry.numAuthors(), Field.Store.NO));
    document.add(new LongField("created", entry.createdMs(), Field.Store.NO));
    document.add(new NumericDocValuesField("seq_no", seqNo));
    document.add(new NumericDocValuesField("version", 1));
    document.add(new NumericDocValuesField("primary_term", 1));
    document.add(new StoredField("source", entry.source()));
    return document;
  }

  private static IndexWriterConfig settings(IndexRequest request) {
    IndexWriterConfig config = new IndexWriterConfig(new StandardAnalyzer(CharArraySet.EMPTY_SET));
    config.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
    config.setRAMBufferSizeMB(request.bufferMb());
    config.setMergePolicy(new LogByteSizeMergePolicy());
    config.setMergeScheduler(new SerialMergeScheduler());
    config.setUseCompoundFile(false);
    if (request.deflate()) config.setCodec(deflatingCodec());
    return config;
  }

  /** The default codec in its mode of best compression; its class is named after the version. */
  private static Codec deflatingCodec() {
    try {
      Class<?> type = Codec.getDefault().getClass();
      for (Class<?> nested : type.getDeclaredClasses()) {
        if (!nested.isEnum()) continue;
        for (Object mode : nested.getEnumConstants()) {
          if (mode.toString().equals("BEST_COMPRESSION")) return (Codec) type.getConstructor(nested).newInstance(mode);
        }
      }
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException(error);
    }
    throw new IllegalStateException("the default codec has no mode of best compression");
  }

  private void refresh(ObjectNode result) throws IOException {
    if (reader != null) reader.close();
    reader = DirectoryReader.open(directory);
    searches = new Searches(reader);
    if (tasks != null) searches.setTasks(tasks);
    describe(result);
  }

  private void describe(ObjectNode result) throws IOException {
    long bytes = 0;
    for (String name : directory.listAll()) bytes += directory.fileLength(name);
    result.put("segments", reader.leaves().size()).put("liveDocs", reader.numDocs()).put("bytes", bytes);
  }

  private static long cpuNs() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  private static void empty(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) Files.delete(file);
    }
  }

  @Override
  public void close() throws IOException {
    if (reader != null) reader.close();
    if (writer != null) writer.close();
    if (directory != null) directory.close();
    reader = null;
    writer = null;
    directory = null;
    searches = null;
  }
}
