/** What others may use. */
module org.example.shapes {
  requires java.base;
  requires transitive java.logging;

  exports org.example.shapes.api;
  uses org.example.spi.Plugin;
}
