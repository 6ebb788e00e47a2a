#include "analysis/frontends/python/visitor.h"

#include <algorithm>

#include "analysis/front_end.h"
#include "analysis/frontends/python/gaps.h"
#include "analysis/frontends/python/text.h"
#include "analysis/text.h"

namespace ca::analysis::python {
namespace {

bool starts_nesting(Kind kind) {
  switch (kind) {
    case Kind::if_: case Kind::for_: case Kind::while_: case Kind::try_: case Kind::with: case Kind::match: return true;
    default: return false;
  }
}

bool is_branch(Kind kind) {
  switch (kind) {
    case Kind::if_: case Kind::elif: case Kind::for_: case Kind::while_: case Kind::except: case Kind::case_:
    case Kind::conditional: case Kind::boolean: case Kind::for_in_clause: case Kind::if_clause:
      return true;
    default: return false;
  }
}

// The last byte of the block whose first line, at `start`, is indented by `column`: up to the next line that is not deeper.
std::uint32_t end_of_block(std::string_view bytes, std::uint32_t start, std::uint32_t column) {
  std::size_t at = std::min(bytes.find('\n', start), bytes.size());
  std::size_t end = at;
  for (int lines = 0; at < bytes.size() && lines < 10000; ++lines) {
    std::size_t begin = at + 1;
    std::size_t next = std::min(bytes.find('\n', begin), bytes.size());
    std::size_t indent = 0;
    while (begin + indent < next && (bytes[begin + indent] == ' ' || bytes[begin + indent] == '\t')) ++indent;
    bool blank = begin + indent >= next || bytes[begin + indent] == '\r' || bytes[begin + indent] == '#';
    if (!blank && indent <= column && bytes[begin + indent] != ')') break;
    if (!blank) end = next;
    at = next;
  }
  return static_cast<std::uint32_t>(end);
}

constexpr std::size_t longest_callee = 400;  // bytes looked at, because chained assignments share one value

SymbolKind alias_or_value_kind(std::string_view value) {
  value = value.substr(0, longest_callee);
  auto calls = [&](std::string_view name) {
    std::size_t paren = value.find('(');
    if (paren == std::string_view::npos) return false;
    std::string_view callee = trim(value.substr(0, paren));
    callee = callee.substr(callee.rfind('.') + 1);
    return callee == name;
  };
  for (std::string_view name : {"namedtuple", "NamedTuple", "TypedDict"}) {
    if (calls(name)) return SymbolKind::class_;
  }
  for (std::string_view name : {"NewType", "TypeVar", "ParamSpec", "TypeVarTuple"}) {
    if (calls(name)) return SymbolKind::type_alias;
  }
  return SymbolKind::variable;
}

}  // namespace

void Visitor::begin(TSNode root) {
  std::string text = docstring_of(root);
  bool has_code = ts_node_named_child_count(root) > 0;
  if (text.empty() && has_code) {
    out_.add_issue("missing-docstring", Severity::info, "module has no docstring", {1, 1, 0, 0});
  }
  out_.set_docstring(std::move(text));
}

bool Visitor::enter(TSNode node, Kind kind, TSFieldId field, const Ancestors& ancestors) {
  out_.close_before(ts_node_start_byte(node));
  errors_.enter(node);
  if (errors_.inside()) recover(node, kind, ancestors);
  if (ancestors.size() == 1) check_top_level(node, kind, ancestors);
  if (is_branch(kind)) out_.add_branch();
  if (starts_nesting(kind)) out_.enter_nesting();
  switch (kind) {
    case Kind::function: define_function(node, ancestors); break;
    case Kind::class_: define_class(node, ancestors); break;
    case Kind::assignment: define_by_assignment(node, ancestors); break;
    case Kind::type_alias: define_type_alias(node); break;
    case Kind::type: ++type_depth_; break;
    case Kind::identifier: use_identifier(node, field, ancestors); break;
    case Kind::except: open_handler(node); break;
    case Kind::raise:
      // Where one is marked, those around it are.
      for (auto handler = handlers_.rbegin(); handler != handlers_.rend() && !handler->raises; ++handler) handler->raises = true;
      break;
    case Kind::import: case Kind::import_from: case Kind::import_future:
      check_import_place(node, ancestors);
      add_imports(node, kind, ancestors);
      return false;
    default: break;
  }
  return true;
}

void Visitor::leave(TSNode node, Kind kind, std::size_t depth) {
  out_.close_deeper(depth);
  if (starts_nesting(kind)) out_.leave_nesting();
  if (kind == Kind::type) --type_depth_;
  if (kind == Kind::except) close_handler();
  errors_.leave(node);
}

// From the node's start to the end of the last of the fields that is there, on one line.
std::string Visitor::header(TSNode node, std::initializer_list<TSFieldId> last_fields) const {
  std::uint32_t start = ts_node_start_byte(node), end = start;
  for (TSFieldId field : last_fields) {
    TSNode child = ts_node_child_by_field_id(node, field);
    if (!ts_node_is_null(child)) end = std::max(end, ts_node_end_byte(child));
  }
  return fold_code(source_.text(start, end), CommentStyle::hash);
}

std::uint32_t Visitor::count_parameters(TSNode parameters, bool is_method) const {
  if (ts_node_is_null(parameters)) return 0;
  std::uint32_t count = 0;
  bool first = true;
  for_each_named_child(parameters, [&](TSNode child) {
    Kind kind = kind_of(child);
    if (kind == Kind::keyword_separator || kind == Kind::positional_separator) return;
    bool is_self = first && is_method && (parsed(child) == "self" || parsed(child) == "cls");
    first = false;
    if (!is_self) ++count;
  });
  return count;
}

void Visitor::define_function(TSNode node, const Ancestors& ancestors) {
  const Grammar& g = grammar();
  TSNode name = ts_node_child_by_field_id(node, g.name);
  if (ts_node_is_null(name)) return;
  bool is_method = out_.scope().kind == ScopeKind::type;
  Symbol symbol{};
  symbol.kind = is_method ? SymbolKind::method : SymbolKind::function;
  symbol.name = text(name);
  symbol.range = range_of(node);
  symbol.signature = header(node, {g.name, g.type_parameters, g.parameters, g.return_type});
  symbol.docstring = docstring_of(ts_node_child_by_field_id(node, g.body));
  Scope scope;
  scope.kind = ScopeKind::function;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  scope.parameters = count_parameters(ts_node_child_by_field_id(node, g.parameters), is_method);
  bool is_public = !symbol.name.starts_with("_") && !out_.scope().is_private && !out_.function();
  scope.is_private = true;  // what is defined inside a function is its own affair
  scope.symbol = out_.add_symbol(std::move(symbol), ".");
  check_docstring(node, scope.symbol, is_public && !has_decorator(ancestors, "overload") && !has_decorator(ancestors, "setter"));
  check_body(node, scope.symbol, ancestors);
  out_.open(std::move(scope));
}

void Visitor::define_class(TSNode node, const Ancestors& ancestors) {
  const Grammar& g = grammar();
  TSNode name = ts_node_child_by_field_id(node, g.name);
  if (ts_node_is_null(name)) return;
  Symbol symbol{};
  symbol.kind = SymbolKind::class_;
  symbol.name = text(name);
  symbol.range = range_of(node);
  symbol.signature = header(node, {g.name, g.type_parameters, g.superclasses});
  symbol.docstring = docstring_of(ts_node_child_by_field_id(node, g.body));
  Scope scope;
  scope.kind = ScopeKind::type;
  scope.depth = ancestors.size();
  scope.end_byte = ts_node_end_byte(node);
  TSNode bases = ts_node_child_by_field_id(node, g.superclasses);
  if (!ts_node_is_null(bases)) {
    std::string_view list = parsed(bases);
    scope.is_abstract = list.find("ABC") != std::string_view::npos || list.find("Protocol") != std::string_view::npos;
  }
  bool is_public = !symbol.name.starts_with("_") && !out_.scope().is_private;
  scope.is_private = !is_public;
  scope.symbol = out_.add_symbol(std::move(symbol), ".");
  check_docstring(node, scope.symbol, is_public);
  out_.open(std::move(scope));
}

// The first assignment to a name in a scope is its definition; true once.
bool Visitor::is_new_name(std::string_view name) { return assigned_.insert(out_.qualify(name, ".")).second; }

void Visitor::add_definition(SymbolKind kind, TSNode range_node, TSNode name_node) {
  std::string name = text(name_node);
  if (!is_new_name(name)) return;
  Symbol symbol{};
  symbol.kind = kind;
  symbol.name = std::move(name);
  symbol.range = range_of(range_node);
  const std::uint32_t start = ts_node_start_byte(range_node);
  std::string line = fold_code(source_.text(start, std::min(ts_node_end_byte(range_node), start + 400)), CommentStyle::hash);
  symbol.signature = to_valid_utf8(line.substr(0, 200));
  out_.add_symbol(std::move(symbol), ".");
}

void Visitor::define_by_assignment(TSNode node, const Ancestors& ancestors) {
  const Grammar& g = grammar();
  TSNode left = ts_node_child_by_field_id(node, g.left), right = ts_node_child_by_field_id(node, g.right);
  TSNode type = ts_node_child_by_field_id(node, g.type);
  const bool in_function = out_.scope().kind == ScopeKind::function;
  if (!ts_node_is_null(left) && (kind_of(left) == Kind::pattern_list || kind_of(left) == Kind::tuple_pattern)) {
    if (in_function) return;
    for_each_named_child(left, [&](TSNode child) {
      if (kind_of(child) != Kind::identifier) return;
      bool in_class = out_.scope().kind == ScopeKind::type;
      add_definition(is_upper_case(parsed(child)) ? SymbolKind::constant : in_class ? SymbolKind::field : SymbolKind::variable,
                     node, child);
    });
    return;
  }
  if (ts_node_is_null(left) || kind_of(left) != Kind::identifier) return;
  if (!ts_node_is_null(right) && kind_of(right) == Kind::lambda) {
    Symbol symbol{};
    symbol.kind = out_.scope().kind == ScopeKind::type ? SymbolKind::method : SymbolKind::function;
    symbol.name = text(left);
    symbol.range = range_of(node);
    TSNode body = ts_node_child_by_field_id(right, g.body);
    std::uint32_t end = ts_node_is_null(body) ? ts_node_end_byte(node) : ts_node_start_byte(body);
    symbol.signature = fold_code(source_.text(ts_node_start_byte(node), end), CommentStyle::hash);
    if (symbol.signature.ends_with(":")) symbol.signature.pop_back();
    Scope scope;
    scope.kind = ScopeKind::function;
    scope.depth = ancestors.size();
    scope.end_byte = ts_node_end_byte(node);
    scope.parameters = count_parameters(ts_node_child_by_field_id(right, g.parameters), false);
    scope.symbol = out_.add_symbol(std::move(symbol), ".");
    out_.open(std::move(scope));
    return;
  }
  if (in_function) return;
  SymbolKind kind = out_.scope().kind == ScopeKind::type ? SymbolKind::field : SymbolKind::variable;
  if (!ts_node_is_null(right) && kind_of(right) == Kind::call) {
    SymbolKind special = alias_or_value_kind(parsed(right));
    if (special != SymbolKind::variable) kind = special;
  }
  std::string_view type_text = ts_node_is_null(type) ? std::string_view{} : parsed(type);
  bool is_value = kind == SymbolKind::variable || kind == SymbolKind::field;
  if (type_text.ends_with("TypeAlias")) {
    kind = SymbolKind::type_alias;
  } else if (is_value && (is_upper_case(parsed(left)) || type_text.find("Final") != std::string_view::npos)) {
    kind = SymbolKind::constant;
  }
  add_definition(kind, node, left);
}

void Visitor::define_type_alias(TSNode node) {
  TSNode left = ts_node_child_by_field_id(node, grammar().left);
  if (ts_node_is_null(left)) return;
  // type X[T] = ...: the name is the first identifier below.
  TSNode name = left;
  while (kind_of(name) != Kind::identifier && ts_node_named_child_count(name) > 0) name = ts_node_named_child(name, 0);
  if (kind_of(name) != Kind::identifier) return;
  alias_name_ = ts_node_start_byte(name);
  add_definition(SymbolKind::type_alias, node, name);
}

// Inside an ERROR the parser leaves `def NAME` and `class NAME` as loose words: the block is taken from the indentation.
void Visitor::recover(TSNode node, Kind kind, const Ancestors& ancestors) {
  Kind keyword = pending_keyword_;
  pending_keyword_ = Kind::other;
  if (ancestors.empty() || !ts_node_is_error(ancestors.back().node)) return;
  if (kind == Kind::identifier && keyword == Kind::other) {
    // Within brackets the keywords are taken for names.
    std::string_view word = parsed(node);
    kind = word == "def" ? Kind::def_token : word == "class" ? Kind::class_token : kind;
  }
  if (kind == Kind::def_token || kind == Kind::class_token) {
    pending_keyword_ = kind;
    pending_start_ = ts_node_start_byte(node);
    pending_point_ = ts_node_start_point(node);
    return;
  }
  if (kind != Kind::identifier || keyword == Kind::other) return;
  // What is not indented more deeply than this has ended, whatever the tree says.
  while (out_.scope().symbol != no_parent) {
    Range& open = out_.symbol(out_.scope().symbol).range;
    if (open.start_column < pending_point_.column) break;
    if (pending_point_.row < open.end_line) open.end_column = end_of_line;
    open.end_line = std::max(open.start_line, std::min(open.end_line, pending_point_.row));
    out_.close_innermost();
  }
  bool is_class = keyword == Kind::class_token;
  Scope scope;
  scope.kind = is_class ? ScopeKind::type : ScopeKind::function;
  scope.depth = ancestors.size();  // lives on beside its siblings, until the ERROR is left
  scope.end_byte = end_of_block(source_.parse_bytes(), pending_start_, pending_point_.column);
  Symbol symbol{};
  symbol.kind = is_class ? SymbolKind::class_ : out_.scope().kind == ScopeKind::type ? SymbolKind::method : SymbolKind::function;
  symbol.name = text(node);
  std::string_view body = source_.parsed(pending_start_, scope.end_byte);
  auto lines = static_cast<std::uint32_t>(std::count(body.begin(), body.end(), '\n'));
  symbol.range = {pending_point_.row + 1, pending_point_.row + 1 + lines, pending_point_.column,
                  static_cast<std::uint32_t>(body.size() - (body.rfind('\n') + 1))};
  symbol.signature = fold_space(source_.text(pending_start_, ts_node_end_byte(node)));
  scope.symbol = out_.add_symbol(std::move(symbol), ".");
  out_.open(std::move(scope));
}

}  // namespace ca::analysis::python

namespace ca::analysis {
namespace {

class PythonFrontEnd final : public FrontEnd {
 public:
  void collect(std::string_view path, const Source& source, Collector& out) const override {
    const python::Grammar& grammar = python::grammar();
    const std::string filled = python::fill_gaps(source.parse_bytes());
    SyntaxTree tree(grammar.language, filled.empty() ? source.parse_bytes() : std::string_view(filled));
    out.set_prefix(python::module_name(path));
    python::Visitor visitor(path, source, out);
    visitor.begin(tree.root());
    walk(tree.root(), grammar.kinds, visitor);
  }
};

}  // namespace

const FrontEnd& python_front_end() {
  static const PythonFrontEnd the_front_end;
  return the_front_end;
}

}  // namespace ca::analysis
