// The issues that the front end itself finds; those that are counted are the collector's.
#include <algorithm>

#include "analysis/frontends/python/text.h"
#include "analysis/frontends/python/visitor.h"
#include "analysis/text.h"

namespace ca::analysis::python {
namespace {

bool is_string(Kind kind) { return kind == Kind::string || kind == Kind::concatenated_string; }

}  // namespace

std::string Visitor::docstring_of(TSNode body) const {
  if (ts_node_is_null(body)) return {};
  TSNode first{};
  const bool found = !for_each_named_child_until(body, [&](TSNode child) {
    first = child;
    return false;
  });
  if (!found || kind_of(first) != Kind::expression_statement || ts_node_named_child_count(first) != 1) return {};
  TSNode literal = ts_node_named_child(first, 0);
  std::string value;
  auto append = [&](TSNode string) {
    std::string_view written = parsed(string);
    std::string_view prefix = written.substr(0, written.find_first_of("'\""));
    if (prefix.find_first_of("bBfFtT") != std::string_view::npos) return false;
    value += string_value(text(string));
    return true;
  };
  if (kind_of(literal) == Kind::string) {
    if (!append(literal)) return {};
  } else if (kind_of(literal) == Kind::concatenated_string) {
    bool plain = true;
    for_each_named_child(literal, [&](TSNode part) { plain = append(part) && plain; });
    if (!plain) return {};
  }
  return clean_docstring(value);
}

// Nodes right below the module: does code stand here, after which an import is late?
void Visitor::check_top_level(TSNode node, Kind kind, const Ancestors&) {
  if (code_seen_ || !ts_node_is_named(node) || ts_node_is_extra(node)) return;
  switch (kind) {
    case Kind::import: case Kind::import_from: case Kind::import_future:
    case Kind::if_: case Kind::try_: case Kind::with: return;
    case Kind::expression_statement: {
      std::string_view code = parsed(node);
      if (ts_node_named_child_count(node) > 0 && is_string(kind_of(ts_node_named_child(node, 0)))) return;
      if (code.starts_with("__") || code.starts_with("sys.path") || code.starts_with("os.environ") ||
          code.starts_with("pytest.importorskip") || code.starts_with("matplotlib.use")) {
        return;
      }
      code_seen_ = true;
      return;
    }
    default: code_seen_ = true;
  }
}

void Visitor::check_import_place(TSNode node, const Ancestors& ancestors) {
  if (out_.scope().kind != ScopeKind::file) {
    std::string where = kind_name(out_.symbol(out_.scope().symbol).kind);
    out_.add_issue("import-not-at-top", Severity::info, "import inside the " + where + " " + out_.symbol(out_.scope().symbol).name,
                   range_of(node));
  } else if (code_seen_ && ancestors.size() == 1) {
    out_.add_issue("import-not-at-top", Severity::info, "import after other code", range_of(node));
  }
}

void Visitor::check_docstring(TSNode node, std::int32_t index, bool is_public) {
  const Symbol& symbol = out_.symbol(index);
  if (!is_public || !symbol.docstring.empty()) return;
  out_.add_issue("missing-docstring", Severity::info, std::string(kind_name(symbol.kind)) + " " + symbol.name + " has no docstring",
                 {symbol.range.start_line, symbol.range.start_line, symbol.range.start_column, ts_node_start_point(node).column});
}

bool Visitor::has_decorator(const Ancestors& ancestors, std::string_view word) const {
  if (ancestors.empty() || ancestors.back().kind != Kind::decorated) return false;
  bool found = false;
  for_each_named_child(ancestors.back().node, [&](TSNode child) {
    if (kind_of(child) == Kind::decorator) found = found || parsed(child).find(word) != std::string_view::npos;
  });
  return found;
}

// A body that does nothing yet: only pass, an ellipsis or "not implemented", or a docstring that says so.
void Visitor::check_body(TSNode node, std::int32_t index, const Ancestors& ancestors) {
  TSNode body = ts_node_child_by_field_id(node, grammar().body);
  if (ts_node_is_null(body) || path_.ends_with(".pyi")) return;
  if (has_decorator(ancestors, "abstract") || has_decorator(ancestors, "overload") || out_.scope().is_abstract) return;
  std::string what;
  bool other = false;
  std::uint32_t statements = 0;
  for_each_named_child(body, [&](TSNode statement) {
    if (other) return;
    Kind kind = kind_of(statement);
    Kind inner = ts_node_named_child_count(statement) == 1 ? kind_of(ts_node_named_child(statement, 0)) : Kind::other;
    if (statements++ == 0 && kind == Kind::expression_statement && is_string(inner)) return;
    if (kind == Kind::pass) {
      what = "pass";
    } else if (kind == Kind::expression_statement && inner == Kind::ellipsis) {
      what = "...";
    } else if (kind == Kind::raise && parsed(statement).find("NotImplemented") != std::string_view::npos) {
      what = "NotImplementedError";
    } else {
      other = true;
    }
  });
  const Symbol& symbol = out_.symbol(index);
  if (!other && what.empty() && mentions_unfinished(symbol.docstring)) what = "a note that it is unfinished";
  if (other || what.empty()) return;
  out_.add_issue("unfinished-body", Severity::warning,
                 std::string(kind_name(symbol.kind)) + " " + symbol.name + " consists of nothing but " + what, symbol.range);
}

void Visitor::open_handler(TSNode node) {
  Handler handler{node, true, false};
  std::string caught;
  TSNode block{};
  bool has_block = false;
  for_each_named_child(node, [&](TSNode child) {
    if (kind_of(child) == Kind::block) {
      block = child;
      has_block = true;
    } else if (caught.empty()) {
      caught = fold_space(text(child));
    }
  });
  std::string_view type = std::string_view(caught).substr(0, caught.find(" as "));
  handler.catches_all = type.empty() || type == "Exception" || type == "BaseException" || type == "builtins.Exception" ||
                        type.find("BaseException") != std::string_view::npos || type.starts_with("(Exception,");
  handlers_.push_back(handler);
  if (!has_block) return;
  bool empty = true;
  for_each_named_child(block, [&](TSNode statement) {
    Kind inner = ts_node_named_child_count(statement) == 1 ? kind_of(ts_node_named_child(statement, 0)) : Kind::other;
    bool nothing = kind_of(statement) == Kind::pass ||
                   (kind_of(statement) == Kind::expression_statement && (inner == Kind::ellipsis || is_string(inner)));
    empty = empty && nothing;
  });
  if (empty) {
    out_.add_issue("empty-exception-handler", Severity::warning,
                   "exception handler for " + (caught.empty() ? std::string("everything") : caught) + " does nothing",
                   range_of(node));
  }
}

void Visitor::close_handler() {
  if (handlers_.empty()) return;
  Handler handler = handlers_.back();
  handlers_.pop_back();
  if (!handler.catches_all || handler.raises) return;
  std::string_view header = parsed(handler.node);
  bool bare = trim(header.substr(0, header.find(':'))) == "except";
  out_.add_issue("catch-all-exception-handler", bare ? Severity::warning : Severity::info,
                 bare ? "bare except catches everything, KeyboardInterrupt too" : "exception handler catches every error",
                 range_of(handler.node));
}

}  // namespace ca::analysis::python
