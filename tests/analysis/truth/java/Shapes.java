/*
 * A licence is no documentation.
 */
package org.example.shapes;

import java.util.List;
import java.util.function.*;
import static java.lang.Math.PI;
import static org.example.util.Checks.*;

/**
 * A closed shape.
 *
 * @param <T> what it is measured in
 */
@FunctionalInterface
public interface Shape<T extends Number> extends Comparable<Shape<T>>, org.example.base.Named {
  /** How many there may be. */
  int LIMIT = Math.max(3, PI);

  /** The area. */
  T area();

  /** Whether it is empty. */
  default boolean isEmpty() {
    return area() == null;
  }

  static <U extends Number> Shape<U> of(U area) {
    return new Fixed<>(area);
  }
}

/// A shape whose area is known.
final class Fixed<T extends Number> extends AbstractShape<T> implements Shape<T>, java.io.Serializable {
  private static final long serialVersionUID = 1L;
  static final Function<Integer, Integer> TWICE = n -> n * 2;
  protected final T area; // not documentation

  /** Of a given area. */
  @SafeVarargs
  public Fixed(T area, String... names) {
    super(names);
    this.area = area;
  }

  @Override
  @Deprecated(since = Versions.OLD)
  public T area() {
    return this.area;
  }

  native void draw(Canvas canvas, int[] points) throws java.io.IOException, DrawError;

  abstract static class Visitor<R> {
    abstract R visit(Fixed<?> fixed);

    private class Deep {
      void run() {}
    }
  }

  static {
    int count = 0;
    register(Fixed.class, count);
  }

  {
    String local = "x";
    log(local);
  }

  private final Comparator<T> order = new Comparator<T>() {
    @Override
    public int compare(T a, T b) {
      return Integer.compare(a.intValue(), b.intValue());
    }
  };
}

/** A point. */
public record Point(int x, @Unit("cm") int y) implements Shape<Integer> {
  public static final Point ORIGIN = new Point(0, 0);

  public Point {
    if (x < 0) throw new IllegalArgumentException(Messages.negative(x));
  }

  public Point(int both) {
    this(both, both);
  }

  public Integer area() {
    return 0;
  }
}

/** Colours. */
enum Colour implements Supplier<String> {
  /** As blood. */
  RED("r"),
  GREEN("g") {
    @Override
    String shade() {
      return dark(code);
    }
  },
  BLUE;

  private String code;

  Colour(String... code) {
    this.code = code[0];
  }

  String shade() {
    return code;
  }
}

@interface Unit {
  String value() default "m";

  Class<? extends Shape<?>>[] shapes() default {};
}
