import java.util.Map;

public class Flow {
  int a, b[] = {1, Flow.size()};

  public int measure(Object o, Map<String, Integer> names) throws Exception {
    Runnable job = () -> start(o);
    job.run();
    BiFunction<Integer, Integer, Integer> add = (Integer p, Integer q) -> {
      int sum = p + q;
      return sum;
    };
    names.forEach((key, value) -> print(key, value));
    for (Map.Entry<String, Integer> entry : names.entrySet()) {
      total += entry.getValue();
    }
    if (o instanceof String text && !text.isEmpty()) {
      return text.length();
    } else if (o instanceof Point(int x, var y)) {
      return x + y;
    }
    outer:
    while (true) {
      if (a > 0 || b.length > 1) break outer;
    }
    return switch (o) {
      case Integer i when i > LIMIT -> i;
      case Long l -> l.intValue();
      case Kind.BIG -> names.computeIfAbsent("k", Flow::make);
      default -> o == null ? 0 : 1;
    };
  }

  void read(File file) {
    try (Reader in = new FileReader(file); in) {
      in.read();
    } catch (IOException | RuntimeException e) {
    } catch (Exception e) {
      log(e);
    } finally {
      close();
    }
    try {
      file.delete();
    } catch (InterruptedException ignored) {
      // nothing is waiting here
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
    try {
      file.create();
    } catch (Throwable t) {
      report(t);
    }
  }

  void later() {
    throw new UnsupportedOperationException("not yet");
  }

  int never() {
    // TODO: count them
  }

  void wide(int a, int b, int c, int d, int e, int f, int g, int h) {
    class Local {
      int inner() {
        return a;
      }
    }
    new Local().inner();
    Object o = new Object() {
      void hidden() {
        wide(1, 2, 3, 4, 5, 6, 7, 8);
      }
    };
    for (;;) {
      do {
        if (a > 0) {
          switch (b) {
            case 1:
              synchronized (this) {
                while (c > 0) c--;
              }
          }
        }
      } while (d > 0);
    }
  }
}
