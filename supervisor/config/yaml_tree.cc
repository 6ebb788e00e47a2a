#include "supervisor/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace ca::config {
namespace {

Mark mark_of(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1};
}

// Ends the parse from within an event; never leaves this file.
struct Refused {
  Mark mark;
  std::string message;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // Nothing has no place of its own: the library names that of what follows.
    const bool is_value = !open_.empty() && open_.back().pending;
    finish(anchor, make(Node::Kind::null, is_value ? open_.back().pending->key_mark : mark_of(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Refused{mark_of(mark), "an anchor must not contain its own alias"};
    add(known->second, mark_of(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(Node::Kind::scalar, mark_of(mark));
    node->plain = tag == "?";
    node->text = value;
    check_tag(tag, node->mark);
    if (value.find('\0') != std::string::npos) diagnostics_.error(node->mark, "a value must not contain a NUL byte");
    finish(anchor, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark_of(mark), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark_of(mark), tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map whose end has not been seen.
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> pending;                  // a key that waits for its value
    std::unordered_map<std::string, Mark> keys{};  // seen, with the place of the first
  };

  std::shared_ptr<Node> make(Node::Kind kind, Mark mark) {
    if (++values_ > max_values) throw Refused{mark, fmt::format("more than {} values", max_values)};
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->mark = mark;
    return node;
  }

  void check_tag(const std::string& tag, Mark mark) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(mark, "tags are not supported, found " + quote(tag));
  }

  void open(Node::Kind kind, Mark mark, const std::string& tag, YAML::anchor_t anchor) {
    if (open_.size() >= max_depth) throw Refused{mark, fmt::format("nested deeper than {} levels", max_depth)};
    check_tag(tag, mark);
    open_.push_back(Open{make(kind, mark), anchor, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(done.anchor, std::move(done.node));
  }

  void finish(YAML::anchor_t anchor, std::shared_ptr<Node> node) {
    const Mark mark = node->mark;
    NodePtr shared = std::move(node);
    if (anchor != 0) anchors_[anchor] = shared;
    add(std::move(shared), mark);
  }

  // `mark` is where the value stands: for an alias that is not the node's own place.
  void add(NodePtr node, Mark mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(std::move(node));
    } else if (!parent.pending) {
      if (node->kind != Node::Kind::scalar) throw Refused{mark, "a key must be plain text"};
      parent.pending = Entry{node->text, mark, nullptr};
    } else {
      add_entry(parent, std::move(node));
    }
  }

  void add_entry(Open& parent, NodePtr value) {
    Entry entry = std::move(*parent.pending);
    parent.pending.reset();
    const auto [first, is_new] = parent.keys.try_emplace(entry.key, entry.key_mark);
    if (!is_new) {
      diagnostics_.error(entry.key_mark, fmt::format("duplicate key {}; it stands in line {} already",
                                                     quote(entry.key), first->second.line));
      return;
    }
    entry.value = std::move(value);
    parent.node->entries.push_back(std::move(entry));
  }

  Diagnostics& diagnostics_;
  NodePtr root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, NodePtr> anchors_;
  int values_ = 0;
};

// A second document is found by its events, whatever they are.
class AnyDocument : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw Refused{mark_of(mark), "a second document; only one is expected"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// The end of `text`, where everything that was left open is told.
Mark end_of(const std::string& text) {
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  const std::size_t line_start = text.rfind('\n') + 1;  // 0 where there is none
  return {lines + 1, static_cast<int>(text.size() - line_start) + 1};
}

void tell(const YAML::Exception& error, const std::string& text, Diagnostics& diagnostics) {
  const Mark mark = mark_of(error.mark);
  const Mark end = end_of(text);
  if (mark < end) return diagnostics.error(mark, "invalid YAML: " + error.msg);
  const bool in_quotes = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR || error.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
  diagnostics.error(end, "invalid YAML: " + (in_quotes ? "the file ends within a quoted text" : error.msg));
}

}  // namespace

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "";
}

NodePtr parse_yaml(const std::string& text, Diagnostics& diagnostics) {
  try {
    // The library takes the end of the file for the end of an open quote. The marker of a document's end it does not.
    std::istringstream stream(text + "\n...\n");
    YAML::Parser parser(stream);
    TreeBuilder builder(diagnostics);
    if (!parser.HandleNextDocument(builder) || !builder.root() || builder.root()->kind == Node::Kind::null) {
      diagnostics.error({}, "the file is empty; the key code_analysis is expected");
      return nullptr;
    }
    AnyDocument second;
    parser.HandleNextDocument(second);
    return builder.root();
  } catch (const Refused& refused) {
    diagnostics.error(refused.mark, refused.message);
  } catch (const YAML::Exception& error) {
    tell(error, text, diagnostics);
  }
  return nullptr;
}

}  // namespace ca::config
