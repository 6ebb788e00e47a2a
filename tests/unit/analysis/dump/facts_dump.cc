#include "tests/unit/analysis/dump/facts_dump.h"

namespace ca::analysis {
namespace {

std::string one_line(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string name_of(const Facts& facts, std::int32_t index) {
  return index == no_parent ? "-" : facts.symbols[static_cast<std::size_t>(index)].qualified_name;
}

std::string lines(const Range& range) { return std::to_string(range.start_line) + "-" + std::to_string(range.end_line); }

}  // namespace

std::string dump(const Facts& facts) {
  std::string out = "lines " + std::to_string(facts.line_count) + "\n";
  if (!facts.docstring.empty()) out += "doc " + one_line(facts.docstring) + "\n";
  for (const Symbol& symbol : facts.symbols) {
    out += std::string(kind_name(symbol.kind)) + (symbol.is_definition ? " " : " declared ") + symbol.name + " " + lines(symbol.range) +
           " = " + symbol.qualified_name + " in " + name_of(facts, symbol.parent) + "\n";
    if (!symbol.signature.empty()) out += "  sig " + one_line(symbol.signature) + "\n";
    if (!symbol.docstring.empty()) out += "  doc " + one_line(symbol.docstring) + "\n";
  }
  for (const Import& import : facts.imports) {
    out += "import " + std::string(static_cast<std::size_t>(import.relative_level), '.') + import.target;
    if (!import.name.empty()) out += " : " + import.name;
    if (!import.alias.empty()) out += " as " + import.alias;
    out += " @" + std::to_string(import.line) + (import.is_system ? " system" : "") + (import.at_top_level ? "" : " inside") +
           (import.types_only ? " types" : "") + "\n";
  }
  for (const Reference& reference : facts.references) {
    out += std::string(reference_kind_name(reference.kind)) + " " + reference.name + " @" + std::to_string(reference.line) + " in " +
           name_of(facts, reference.enclosing) + "\n";
  }
  for (const Issue& issue : facts.issues) {
    out += std::string("issue ") + severity_name(issue.severity) + " " + issue.id + " " + lines(issue.range) + " " + issue.message + "\n";
  }
  return out;
}

}  // namespace ca::analysis
