package coppice.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** What the process holds: bytes of the heap in use after collection. Mapped files are not among them. */
final class Memory {
  private Memory() {}

  static void describe(ObjectNode result) throws InterruptedException {
    result.put("bytes", heapAfterCollection());
  }

  static long heapAfterCollection() throws InterruptedException {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
      least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
