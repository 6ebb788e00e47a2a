// The three YAML files, written so that any text is quoted safely.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

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

// How many bytes from the start are plain ASCII that stands for itself: nearly all, so they are copied at once.
std::size_t plain_length(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c >= 0x7F || c == '"' || c == '\\'; });
  return static_cast<std::size_t>(end - text.begin());
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

void line(std::string& out, const char* indent, const char* key, std::string_view value) {
  out += indent;
  out += key;
  out += ": ";
  out += value;
  out += '\n';
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

void add_file(std::string& out, const MappedFile& file) {
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

void add_issue(std::string& out, const MappedFile& file, const Issue& issue) {
  line(out, "  - ", "id", yaml_string(issue.id));
  line(out, "    ", "severity", analysis::severity_name(issue.severity));
  line(out, "    ", "file", yaml_string(file.shown));
  line(out, "    ", "start_line", std::to_string(issue.range.start_line));
  line(out, "    ", "end_line", std::to_string(issue.range.end_line));
  line(out, "    ", "message", yaml_string(issue.message));
}

void add_method(std::string& out, const MappedFile& file, const Symbol& symbol) {
  line(out, "    - ", "file", yaml_string(file.shown));
  line(out, "      ", "line", std::to_string(symbol.range.start_line));
  line(out, "      ", "kind", analysis::kind_name(symbol.kind));
  line(out, "      ", "qualified_name", yaml_string(symbol.qualified_name));
  line(out, "      ", "signature", yaml_string(symbol.signature));
}

bool is_callable(SymbolKind kind) {
  return kind == SymbolKind::function || kind == SymbolKind::method || kind == SymbolKind::constructor ||
         kind == SymbolKind::destructor;
}

// A file that appears whole or not at all, and is never whole in memory.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path), part_(path + ".part"), fd_(::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (fd_.get() < 0) status_ = system_failure(part_, errno);
  }

  std::string text;  // what was added since the last flush

  void flush_if_large() {
    constexpr std::size_t large = 1u << 20;
    if (text.size() >= large) flush();
  }

  Status finish() {
    flush();
    if (status_ && ::rename(part_.c_str(), path_.c_str()) != 0) status_ = system_failure(path_, errno);
    return status_;
  }

 private:
  void flush() {
    if (status_) status_ = write_all(fd_.get(), text);
    text.clear();
  }

  std::string path_, part_;
  UniqueFd fd_;
  Status status_;
};

Status write_code_map(const std::string& path, const Project& project) {
  Output out(path);
  out.text = "# Every definition and declaration of the tree.\n";
  out.text += project.files.empty() ? "files: []\n" : "files:\n";
  for (const MappedFile& file : project.files) {
    add_file(out.text, file);
    out.flush_if_large();
  }
  return out.finish();
}

Status write_code_issues(const std::string& path, const Project& project) {
  std::map<std::string, std::size_t> by_id;
  for (const MappedFile& file : project.files) {
    for (const Issue& issue : file.facts.issues) ++by_id[issue.id];
  }
  Output out(path);
  out.text = "# What was found, and how often.\n";
  out.text += by_id.empty() ? "summary: {}\n" : "summary:\n";
  for (const auto& [id, count] : by_id) line(out.text, "  ", yaml_string(id).c_str(), std::to_string(count));
  out.text += by_id.empty() ? "issues: []\n" : "issues:\n";
  for (const MappedFile& file : project.files) {
    for (const Issue& issue : file.facts.issues) add_issue(out.text, file, issue);
    out.flush_if_large();
  }
  return out.finish();
}

Status write_method_index(const std::string& path, const Project& project) {
  std::map<std::string_view, std::vector<std::pair<const MappedFile*, const Symbol*>>> by_name;
  for (const MappedFile& file : project.files) {
    for (const Symbol& symbol : file.facts.symbols) {
      if (is_callable(symbol.kind)) by_name[symbol.name].emplace_back(&file, &symbol);
    }
  }
  Output out(path);
  out.text = "# Every function and method by its name.\n";
  out.text += by_name.empty() ? "methods: {}\n" : "methods:\n";
  for (const auto& [name, methods] : by_name) {
    // A key longer than 1024 characters must be written with a question mark.
    out.text += name.size() > 1000 ? "  ? " + yaml_string(name) + "\n  :\n" : "  " + yaml_string(name) + ":\n";
    for (const auto& [file, symbol] : methods) add_method(out.text, *file, *symbol);
    out.flush_if_large();
  }
  return out.finish();
}

}  // namespace

std::string yaml_string(std::string_view text) {
  std::string out = "\"";
  char buffer[12];
  out.reserve(text.size() + 2);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = plain_length(text.substr(i));
    out += text.substr(i, plain);
    i += plain;
    if (i == text.size()) break;
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

Status write_reports(const std::string& folder, const Project& project) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure(folder + ": " + error.message(), error.value());
  if (Status written = write_code_map(folder + "/code_map.yaml", project); !written) return written;
  if (Status written = write_code_issues(folder + "/code_issues.yaml", project); !written) return written;
  return write_method_index(folder + "/method_index.yaml", project);
}

}  // namespace ca::code_mapper
