// Sources that repeat or nest one construct of a language as often as one likes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyse.h"

namespace growth {

// A source: head, then `unit` n times, middle, `closing` n times, tail. "@" in unit and closing becomes the number of the
// repetition, so "class A@{" makes names that differ.
struct Shape {
  const char* name;  // "nested namespaces"
  std::string_view unit;
  std::string_view closing = {};
  std::string_view head = {};
  std::string_view middle = {};
  std::string_view tail = {};
};

struct LanguageShapes {
  ca::analysis::Language language;
  const char* path;  // one that such a file may have
  std::vector<Shape> shapes;
};

// For each language its own shapes and those that it shares with others.
const std::vector<LanguageShapes>& all_shapes();

// Returns a source of about `bytes` bytes.
std::string write(const Shape& shape, std::size_t bytes);

std::vector<Shape> c_shapes();
std::vector<Shape> cpp_shapes();
std::vector<Shape> python_shapes();
std::vector<Shape> java_shapes();
std::vector<Shape> javascript_shapes();
std::vector<Shape> typescript_shapes();
std::vector<Shape> jsx_shapes();
std::vector<Shape> bash_shapes();
std::vector<Shape> go_shapes();
std::vector<Shape> rust_shapes();

}  // namespace growth
