// What the front ends of regular languages have in common, whatever their nodes are called: flow, handlers, errors, doc comments,
// and how a symbol is made. A language's visitor derives from it; its table of node types says by roles what counts as what.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/collector.h"
#include "analysis/frontends/common/shared_doc.h"
#include "analysis/frontends/common/syntax_errors.h"
#include "analysis/source.h"
#include "analysis/syntax_tree.h"
#include "analysis/text.h"

namespace ca::analysis {

// What differs from language to language, but is no code.
struct LanguageStyle {
  std::string_view separator = ".";                  // between the parts of a qualified name
  CommentStyle comments = CommentStyle::slashes;
  bool docs_touch = false;                           // a blank line parts a comment from what stands below it
};

// A word that begins a definition, for places where the parser has lost the thread.
struct DefiningWord {
  std::string_view word;
  SymbolKind kind;
};

class TreeReader {
 public:
  TreeReader(const Source& source, Collector& out, LanguageStyle style)
      : source_(source), out_(out), style_(style), errors_(source, out, max_reported_errors) {}

 protected:
  ~TreeReader() = default;

  // First in enter(): ends the scopes that lie before the node, tells of errors, counts branches and depth.
  // `continues`: an "else if", which stands beside its "if" and not inside it.
  void enter_node(TSNode node, Roles roles, bool continues = false);
  // First in leave().
  void leave_node(TSNode node, Roles roles, std::size_t depth);

  // For each node right below an ERROR: `fn name`, left there as loose words, is a definition of which the end is not known. True
  // for the name: it is no use of anything.
  bool recover(TSNode node, std::initializer_list<DefiningWord> words);

  // Comments, as the walk meets them. Other things that may stand between a doc comment and what it is about (an attribute, a
  // comment that is no documentation) are told with is_doc = false.
  void note_comment(TSNode node, bool is_doc);
  // The doc comment that stands above the byte; empty where there is none. Comments further down do not matter. Of a long comment
  // only the first symbol that asks for it gets the whole; the others, up to longest_shared_docstring.
  std::string doc_above(std::uint32_t start) const;
  // The comment behind a node on its last line.
  std::string doc_behind(TSNode node) const;
  std::string doc_above_or_behind(TSNode node) const;

  // `first` is where the range and the signature begin, `whole` where the range ends, `header_end` where the signature does.
  Symbol make_symbol(SymbolKind kind, std::string name, TSNode first, TSNode whole, std::uint32_t header_end) const;
  // The same with the doc comment above `first`.
  Symbol make_documented(SymbolKind kind, std::string name, TSNode first, TSNode whole, std::uint32_t header_end) const;
  std::int32_t add(Symbol symbol) { return out_.add_symbol(std::move(symbol), style_.separator); }
  // A scope that ends with `whole`, a node at `depth`. Its `is_private` is that of the scope around it.
  Scope make_scope(ScopeKind kind, std::int32_t symbol, TSNode whole, std::size_t depth) const;
  // Inside an ERROR a definition that is not closed stands as loose words; it is taken to last to the ERROR's end, or up to the
  // next thing there that is not indented more deeply. `level` is the number of the walk's ancestors, the ERROR the last of them.
  void open_loose(ScopeKind kind, std::int32_t symbol, TSNode error, std::size_t level);
  // For each named node right inside an ERROR: ends the loose definitions before it that are indented as deeply or more.
  void close_loose(TSNode node, std::size_t level);
  // Before the start of `body`, or the end of `whole` where there is no body.
  static std::uint32_t header_end(TSNode whole, TSNode body);

  // Names that the function around this place has to itself; a place outside of any function has none.
  void bind(TSNode name);
  void bind_type(TSNode name);

  // Closures that a name is bound to: told where the name is met, asked for where the closure is.
  void name_closure(TSNode closure, std::int32_t symbol, TSNode name);
  std::int32_t named_closure(TSNode closure);  // its symbol, once; no_parent where it has no name
  bool names_closure(TSNode name) const;

  void check_doc(std::int32_t symbol, bool is_public);
  // Reports that a function does nothing but `what`.
  void report_unfinished(std::int32_t symbol, const std::string& what);
  static bool says_unfinished(std::string_view text) { return mentions_unfinished(text); }

  // Handlers of exceptions: open_handler() where one is entered, close_handler() where it is left.
  void report_empty_handler(const std::string& caught, TSNode node);
  void open_handler(TSNode node, bool catches_all, Severity severity, std::string message);
  void close_handler();

  std::uint32_t count_named(TSNode node) const;  // named children that are no comments
  // The only named child that is no comment; null where there are more or none.
  static TSNode only_child(TSNode node);
  static TSNode field(TSNode node, TSFieldId id) { return ts_node_child_by_field_id(node, id); }
  std::string text(TSNode node) const { return source_.text(ts_node_start_byte(node), ts_node_end_byte(node)); }
  std::string_view parsed(TSNode node) const { return source_.parsed(ts_node_start_byte(node), ts_node_end_byte(node)); }
  static std::uint32_t line(TSNode node) { return ts_node_start_point(node).row + 1; }
  bool in_function() const { return out_.function() != nullptr; }
  bool in_error() const { return errors_.inside(); }

  const Source& source_;
  Collector& out_;

 private:
  static constexpr std::uint32_t max_reported_errors = 5;

  struct Note {  // a comment, or what may stand below one
    std::uint32_t start = 0, end = 0;
    bool is_doc = false;
  };
  struct Handler {
    TSNode node;
    bool catches_all = false, throws = false;
    Severity severity{};
    std::string message;
  };

  std::string find_doc_above(std::uint32_t start) const;
  std::string find_doc_behind(std::uint32_t end) const;

  LanguageStyle style_;
  TSNode loose_start_{};            // a defining word in an ERROR whose name has not come yet
  SymbolKind loose_kind_{};
  std::unordered_map<std::uint32_t, std::int32_t> closures_;  // by where they begin: those that have a name and were not asked for
  std::unordered_set<std::uint32_t> closure_names_;           // where the names of closures begin
  std::vector<Note> notes_;
  mutable SharedDoc above_, behind_;
  std::vector<Handler> handlers_;
  std::vector<bool> nesting_counts_;  // per open node that nests
  SyntaxErrors errors_;
};

}  // namespace ca::analysis
