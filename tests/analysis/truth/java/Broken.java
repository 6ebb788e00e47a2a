package org.example;

/** Stands, whatever is in it. */
public class Broken extends Base {
  int limit = ;

  void before(int x) {
    helper(x;
  }

  void open(int x) {
    if (x > 0) {
      helper(x);

  /** Follows a missing brace. */
  int after(String name) {
    return name.length();
  }

  class Inner {
    void deep() {}
  }
}

interface Late {
  void last();
