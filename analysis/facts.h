// What the analyser finds in one file: plain values, positions in the file's own bytes and lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ca::analysis {

inline constexpr std::int32_t no_parent = -1;

// Kinds as they stand in symbols.kind.
enum class SymbolKind : std::uint8_t {
  module_, class_, struct_, union_, enum_, enumerator, interface, trait, type_alias, function, method, constructor,
  destructor, macro, constant, variable, field, namespace_, concept_,
};
const char* kind_name(SymbolKind kind);  // "class", "function", "type_alias", ...

struct Range {
  std::uint32_t start_line = 0;    // from 1
  std::uint32_t end_line = 0;      // from 1, inclusive
  std::uint32_t start_column = 0;  // bytes from 0
  std::uint32_t end_column = 0;    // bytes from 0, exclusive
};

// Longer texts are cut, so that no file's facts grow with the square of its size. In bytes, at whole characters.
inline constexpr std::size_t longest_name = 400;             // of a symbol; beyond it the end is cut off
inline constexpr std::size_t longest_qualified_name = 400;   // of a longer one the middle is left out: "a::b...::y::z"
inline constexpr std::size_t longest_import = 2000;          // an import's target; its name and alias: longest_name
inline constexpr std::size_t longest_signature = 8000;
inline constexpr std::size_t longest_docstring = 64 << 10;
inline constexpr std::size_t longest_shared_docstring = 2000;  // of the second and later symbols that one comment documents
inline constexpr std::size_t longest_message = 2000;

struct Symbol {
  SymbolKind kind;
  bool is_definition = true;       // false: declared only (a C prototype)
  std::string name;                // as written at the definition, without scope, arguments or template part; one line
  std::string qualified_name;      // with every scope: "pkg.Class.method", "ns::Class::method"
  std::int32_t parent = no_parent; // index of the enclosing symbol in Facts::symbols, always smaller than its own
  Range range;                     // the whole definition, body included; a Python decorator is not part of it
  std::string signature;           // one line: the header without body, white space folded
  std::string docstring;           // docstring or doc comment, markers taken off; empty where there is none
};

struct Import {
  std::string target;              // "os.path", "common/check.h"
  std::string name;                // imported name of a from-import; empty else
  std::string alias;
  std::uint32_t line = 0;
  std::int32_t relative_level = 0; // leading dots of a Python relative import
  bool is_system = false;          // C and C++: <...>
  bool at_top_level = true;        // not inside a function or class
  bool types_only = false;         // nothing is loaded: `if TYPE_CHECKING:` (Python), `import type` (TypeScript)
};

enum class ReferenceKind : std::uint8_t { call, name, type, base };
const char* reference_kind_name(ReferenceKind kind);  // "call", "name", "type", "base"

// A use of a name. A use of a function's own parameter or local variable is not one.
struct Reference {
  std::string name;                // last component: `c` of `a.b.c()`
  ReferenceKind kind;
  std::uint32_t line = 0;
  std::int32_t enclosing = no_parent;  // index of the innermost enclosing symbol; of the class itself for one of its bases
};

enum class Severity : std::uint8_t { info, warning, error };
const char* severity_name(Severity severity);  // "info", "warning", "error"

struct Issue {
  std::string id;                  // stable: "parse-error", "function-too-long"
  Severity severity;
  std::string message;             // one line
  Range range;
};

// Every string in it is valid UTF-8 without NUL bytes, whatever the file holds.
struct Facts {
  std::vector<Symbol> symbols;     // in order of the source, parents before children
  std::vector<Import> imports;
  std::vector<Reference> references;
  std::vector<Issue> issues;
  std::string docstring;           // the file's own (a Python module's)
  std::uint32_t line_count = 0;
};

}  // namespace ca::analysis
