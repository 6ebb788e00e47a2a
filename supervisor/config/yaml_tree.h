// A YAML document as a tree of our own: every key and value knows its place. The only user of the YAML library.
//
// The tree is built from the library's events, not from its nodes: it needs a tenth of the memory, sees duplicate keys
// (the library's nodes drop them in silence), and an alias is the very node that its anchor names, so that an "alias
// bomb" costs as little as it is long.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "supervisor/config/diagnostics.h"

namespace ca::config {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  Mark key_mark;
  NodePtr value;
};

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Mark mark;
  bool plain = false;           // a scalar without quotes: it may be a number or a truth value
  std::string text;             // scalar
  std::vector<NodePtr> items;   // list
  std::vector<Entry> entries;   // map, in the order of the file; a key stands in it once
};

// "a list", "a map", ... for messages.
std::string_view describe(Node::Kind kind);

inline constexpr int max_depth = 24;         // deeper than any key of ours
inline constexpr int max_values = 300'000;   // of a document, aliases counted once

// The tree of the only document in `text`, which is valid UTF-8. Null where it cannot be parsed at all; a tree with
// duplicate keys or foreign tags is returned too, so that the rest is checked as well.
// Errors: into `diagnostics`, each at its place.
NodePtr parse_yaml(const std::string& text, Diagnostics& diagnostics);

}  // namespace ca::config
