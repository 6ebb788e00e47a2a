// Gathers the facts of one file while a front end walks its tree: which definition encloses which, what a function measures,
// which names are only its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analysis/analyse.h"
#include "analysis/facts.h"
#include "analysis/source.h"

namespace ca::analysis {

// What kind of place a name is defined in.
enum class ScopeKind : std::uint8_t { file, namespace_, type, enumeration, function };

// An open definition: from its first node until the walk leaves it.
struct Scope {
  ScopeKind kind = ScopeKind::file;
  std::int32_t symbol = no_parent;
  std::size_t depth = 0;           // closed when the walk leaves a node of this depth or less
  std::uint32_t end_byte = 0;      // closed too once the walk reaches this byte
  bool is_private = false;         // it or one of those around it is not for users
  bool is_abstract = false;        // a class whose methods may lack a body
  std::vector<std::string> type_parameters;  // uses of them as types are its own affair
  // Functions only:
  bool is_measured = true;         // false: a block without a name that only keeps its local names to itself
  std::uint32_t complexity = 1;
  std::uint32_t nesting = 0, max_nesting = 0;
  std::uint32_t parameters = 0;
  std::size_t first_reference = 0;
  std::ptrdiff_t function = -1;    // index of the innermost function around what it holds, itself included; -1: none
  std::ptrdiff_t holder = -1;      // index of the innermost scope with a symbol that is no type, itself included; -1: the file
  std::vector<std::string> locals; // parameters and local variables
  std::vector<std::string> outer;  // names declared not to be local (Python's global and nonlocal)
};

class Collector {
 public:
  Collector(const Source& source, const Limits& limits) : source_(source), limits_(limits) { scopes_.emplace_back(); }

  const Source& source() const { return source_; }
  Scope& scope() { return scopes_.back(); }
  const std::vector<Scope>& scopes() const { return scopes_; }
  // The innermost function around this place, or null.
  Scope* function();

  // Adds a symbol below the innermost open scope; its qualified name is that scope's, `separator`, `name`.
  std::int32_t add_symbol(Symbol symbol, std::string_view separator);
  // Adds it below `parent`, wherever the walk is. REQUIRES: symbol.qualified_name is set.
  std::int32_t add_symbol_below(std::int32_t parent, Symbol symbol);
  // Stands for a type of this name that the file may define before or after this place, as what a method of it lies in. take()
  // puts the type in its place, wherever it was found; where there is none, what encloses the stand-in.
  std::int32_t add_stand_in(std::string qualified_name);
  // The name that `name` would get there, within longest_qualified_name.
  std::string qualify(std::string_view name, std::string_view separator) const;
  // What stands before all names of the file (a Python module's name); may be empty.
  void set_prefix(std::string prefix);
  const Symbol& symbol(std::int32_t index) const { return facts_.symbols[static_cast<std::size_t>(index)]; }
  Symbol& symbol(std::int32_t index) { return facts_.symbols[static_cast<std::size_t>(index)]; }

  void open(Scope scope);
  // Closes every scope that ended before `byte`.
  void close_before(std::uint32_t byte);
  // Closes every scope that was opened at `depth` or deeper: the walk has left it.
  void close_deeper(std::size_t depth);
  // Closes the innermost one, of which it is known that it ended. REQUIRES: one is open besides the file.
  void close_innermost() { close_last(); }
  // Closes all; then take() may be called.
  Facts take();

  void add_reference(std::string name, ReferenceKind kind, std::uint32_t line, bool may_be_local = false);
  void add_import(Import import);
  void add_issue(const char* id, Severity severity, std::string message, Range range);
  void set_docstring(std::string text);

  // A branch: one path more through the function around this place, where there is one.
  void add_branch();
  void enter_nesting();
  void leave_nesting();

 private:
  // References by name that a scope around them may yet turn out to own: the last one, and for each the one before it.
  struct Candidates {
    std::unordered_map<std::string, std::uint32_t> last;
    void drop(const std::string& name, std::size_t first, std::vector<std::uint32_t>& before);
  };
  static constexpr std::uint32_t none = UINT32_MAX, dropped = UINT32_MAX - 1;

  std::int32_t push(Symbol symbol);
  void close_last();
  void take_out_dropped();
  void mend_ends_of_lines();
  void check_function(const Scope& scope);
  void drop_local_references(const Scope& scope);

  const Source& source_;
  const Limits& limits_;
  Facts facts_;
  std::string prefix_;
  std::vector<Scope> scopes_;        // the file itself first
  std::vector<std::uint32_t> before_;  // beside facts_.references: the candidate before it of the same name, none, or dropped
  Candidates names_, types_;           // uses as a type are apart
  std::vector<std::int32_t> stand_ins_;
};

}  // namespace ca::analysis
