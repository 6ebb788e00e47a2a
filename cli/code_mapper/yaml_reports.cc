#include <cstdio>
#include <filesystem>
#include <map>

#include "analysis/text.h"
#include "cli/code_mapper/reports.h"
#include "common/posix.h"
#include "common/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace ca::code_mapper {
namespace {

using analysis::Facts;
using analysis::Issue;
using analysis::Symbol;
using analysis::SymbolKind;

// Characters that YAML knows only in escaped form: controls, its own line separators, the byte order mark.
bool needs_escape(unsigned code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0xA0) || code_point == 0x2028 || code_point == 0x2029 ||
         code_point == 0xFEFF || code_point == 0xFFFE || code_point == 0xFFFF;
}

unsigned decode(std::string_view bytes) {
  auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  switch (bytes.size()) {
    case 1: return at(0);
    case 2: return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
    case 3: return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
    default: return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
  }
}

void line(std::string& out, const char* indent, const char* key, const std::string& value) {
  out += std::string(indent) + key + ": " + value + "\n";
}

void add_symbol(std::string& out, const Facts& facts, const Symbol& symbol) {
  line(out, "      - ", "name", yaml_string(symbol.name));
  line(out, "        ", "kind", symbol.kind == SymbolKind::module_ ? "module" : analysis::kind_name(symbol.kind));
  line(out, "        ", "qualified_name", yaml_string(symbol.qualified_name));
  line(out, "        ", "start_line", std::to_string(symbol.range.start_line));
  line(out, "        ", "end_line", std::to_string(symbol.range.end_line));
  if (!symbol.is_definition) line(out, "        ", "declared_only", "true");
  if (symbol.parent != analysis::no_parent) {
    line(out, "        ", "parent", yaml_string(facts.symbols[static_cast<std::size_t>(symbol.parent)].qualified_name));
  }
  if (!symbol.signature.empty()) line(out, "        ", "signature", yaml_string(symbol.signature));
  if (!symbol.docstring.empty()) line(out, "        ", "docstring", yaml_string(symbol.docstring));
}

void add_import(std::string& out, const analysis::Import& import, const std::string& resolved) {
  std::string target(static_cast<std::size_t>(import.relative_level), '.');
  line(out, "      - ", "target", yaml_string(target + import.target));
  if (!import.name.empty()) line(out, "        ", "name", yaml_string(import.name));
  if (!import.alias.empty()) line(out, "        ", "alias", yaml_string(import.alias));
  line(out, "        ", "line", std::to_string(import.line));
  if (!resolved.empty()) line(out, "        ", "resolved", yaml_string(analysis::to_valid_utf8(resolved)));
}

bool is_callable(SymbolKind kind) {
  return kind == SymbolKind::function || kind == SymbolKind::method || kind == SymbolKind::constructor ||
         kind == SymbolKind::destructor;
}

Status write_whole(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  UniqueFd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (fd.get() < 0) return system_failure(part, errno);
  if (Status written = write_all(fd.get(), text); !written) return written;
  if (::rename(part.c_str(), path.c_str()) != 0) return system_failure(path, errno);
  return {};
}

}  // namespace

std::string yaml_string(std::string_view text) {
  std::string out = "\"";
  char buffer[12];
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = analysis::utf8_length_at(text, i);
    if (length == 0) length = 1;
    const std::string_view bytes = text.substr(i, length);
    const unsigned code_point = decode(bytes);
    if (bytes == "\"" || bytes == "\\") {
      out += '\\';
      out += bytes;
    } else if (code_point == '\n') {
      out += "\\n";
    } else if (needs_escape(code_point)) {
      std::snprintf(buffer, sizeof buffer, code_point < 0x100 ? "\\x%02X" : "\\u%04X", code_point);
      out += buffer;
    } else {
      out += bytes;
    }
    i += length;
  }
  return out += '"';
}

std::string code_map_yaml(const Project& project) {
  std::string out = "# Every definition and declaration of the tree.\n";
  if (project.files.empty()) return out + "files: []\n";
  out += "files:\n";
  for (const MappedFile& file : project.files) {
    line(out, "  - ", "path", yaml_string(file.shown));
    line(out, "    ", "language", analysis::language_name(file.language));
    line(out, "    ", "lines", std::to_string(file.facts.line_count));
    if (!file.facts.docstring.empty()) line(out, "    ", "docstring", yaml_string(file.facts.docstring));
    out += file.facts.imports.empty() ? "    imports: []\n" : "    imports:\n";
    for (std::size_t i = 0; i < file.facts.imports.size(); ++i) {
      add_import(out, file.facts.imports[i], i < file.resolved.size() ? file.resolved[i] : std::string());
    }
    out += file.facts.symbols.empty() ? "    symbols: []\n" : "    symbols:\n";
    for (const Symbol& symbol : file.facts.symbols) add_symbol(out, file.facts, symbol);
  }
  return out;
}

std::string code_issues_yaml(const Project& project) {
  std::map<std::string, std::size_t> by_id;
  std::string list;
  for (const MappedFile& file : project.files) {
    for (const Issue& issue : file.facts.issues) {
      ++by_id[issue.id];
      line(list, "  - ", "id", yaml_string(issue.id));
      line(list, "    ", "severity", analysis::severity_name(issue.severity));
      line(list, "    ", "file", yaml_string(file.shown));
      line(list, "    ", "start_line", std::to_string(issue.range.start_line));
      line(list, "    ", "end_line", std::to_string(issue.range.end_line));
      line(list, "    ", "message", yaml_string(issue.message));
    }
  }
  std::string out = "# What was found, and how often.\n";
  out += by_id.empty() ? "summary: {}\n" : "summary:\n";
  for (const auto& [id, count] : by_id) line(out, "  ", yaml_string(id).c_str(), std::to_string(count));
  if (list.empty()) return out + "issues: []\n";
  return out + "issues:\n" + list;
}

std::string method_index_yaml(const Project& project) {
  std::map<std::string, std::string> by_name;
  for (const MappedFile& file : project.files) {
    for (const Symbol& symbol : file.facts.symbols) {
      if (!is_callable(symbol.kind)) continue;
      std::string& entry = by_name[symbol.name];
      line(entry, "    - ", "file", yaml_string(file.shown));
      line(entry, "      ", "line", std::to_string(symbol.range.start_line));
      line(entry, "      ", "kind", analysis::kind_name(symbol.kind));
      line(entry, "      ", "qualified_name", yaml_string(symbol.qualified_name));
      line(entry, "      ", "signature", yaml_string(symbol.signature));
    }
  }
  std::string out = "# Every function and method by its name.\n";
  if (by_name.empty()) return out + "methods: {}\n";
  out += "methods:\n";
  for (const auto& [name, entry] : by_name) {
    // A key longer than 1024 characters must be written with a question mark.
    out += name.size() > 1000 ? "  ? " + yaml_string(name) + "\n  :\n" + entry : "  " + yaml_string(name) + ":\n" + entry;
  }
  return out;
}

Status write_reports(const std::string& folder, const Project& project) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure(folder + ": " + error.message(), error.value());
  if (Status written = write_whole(folder + "/code_map.yaml", code_map_yaml(project)); !written) return written;
  if (Status written = write_whole(folder + "/code_issues.yaml", code_issues_yaml(project)); !written) return written;
  return write_whole(folder + "/method_index.yaml", method_index_yaml(project));
}

}  // namespace ca::code_mapper
