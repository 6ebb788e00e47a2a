#include "server/mcp/tool_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace ca::server {

namespace {

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// A signature or message goes into a line: its line ends and runs of blanks become one blank, and it is cut where it is long.
std::string one_line(const std::string& text) {
  constexpr std::size_t longest = 200;
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!is_blank) line += c;
    else if (!line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.size() <= longest) return line;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;  // no character is cut in two
  return line.substr(0, end) + "…";
}

std::string place(const Json& row) {
  return fmt::format("{}/{}:{}", text_of(row, "project"), text_of(row, "path"), text_of(row, "start_line"));
}

std::string symbol_line(const Json& row) {
  const bool is_declaration = row.value("is_definition", Json(true)) == false;
  std::string line = fmt::format("{} {}{} ", place(row), text_of(row, "kind"), is_declaration ? " (declared)" : "");
  line += text_of(row, "qualified_name");
  if (const auto signature = one_line(text_of(row, "signature")); !signature.empty()) line += "  " + signature;
  return line + fmt::format("  [id {}]", text_of(row, "id"));
}

std::string outline_line(const Json& row) {
  return fmt::format("{}-{} {} {}  {}  [id {}]", text_of(row, "start_line"), text_of(row, "end_line"), text_of(row, "kind"),
                     text_of(row, "qualified_name"), one_line(text_of(row, "signature")), text_of(row, "id"));
}

std::string hit_line(Tool tool, const Json& row) {
  switch (tool) {
    case Tool::find_symbol: return symbol_line(row);
    case Tool::list_symbols: return outline_line(row);
    case Tool::search_code:
      return fmt::format("{}/{}:{}: {}", text_of(row, "project"), text_of(row, "path"), text_of(row, "line"),
                         one_line(text_of(row, "text")));
    case Tool::find_references:
      return fmt::format("{}/{}:{} {}{}", text_of(row, "project"), text_of(row, "path"), text_of(row, "line"),
                         text_of(row, "kind"), row["enclosing"].is_null() ? "" : " in " + text_of(row, "enclosing"));
    case Tool::callers_of:
      if (row["id"].is_null()) {
        return fmt::format("{}/{} outside of any symbol, at {}", text_of(row, "project"), text_of(row, "path"),
                           text_of(row, "call_lines"));
      }
      return fmt::format("{} {} {}, calls at {}  [id {}]", place(row), text_of(row, "kind"), text_of(row, "qualified_name"),
                         text_of(row, "call_lines"), text_of(row, "id"));
    case Tool::list_files: {
      const auto error = text_of(row, "error");
      return fmt::format("{}/{}  {}, {} lines, {}{}", text_of(row, "project"), text_of(row, "path"),
                         row["language"].is_null() ? "no known language" : text_of(row, "language"),
                         row["line_count"].is_null() ? "?" : text_of(row, "line_count"), text_of(row, "status"),
                         error.empty() ? "" : ": " + one_line(error));
    }
    case Tool::list_issues:
      return fmt::format("{} {} {}: {}", place(row), text_of(row, "severity"), text_of(row, "rule"),
                         one_line(text_of(row, "message")));
    default: return row.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

// What helps where nothing was found, and what to do with what was.
struct Hints {
  const char* none;
  const char* some;
};

Hints hints_of(Tool tool) {
  switch (tool) {
    case Tool::find_symbol:
      return {"No symbol has this in its name. Try a shorter part of the name, or search_code for text.",
              "symbol_info with an id gives source text and members."};
    case Tool::list_symbols: return {"The file has no symbols (of this kind).", "symbol_info with an id gives source text and members."};
    case Tool::search_code: return {"No line holds this text. It is matched literally, within one line.", ""};
    case Tool::find_references:
      return {"No use of this name is known. Names are without scope; find_symbol shows how a name is written.", ""};
    case Tool::callers_of: return {"No call of this name is known. find_references also shows uses that are no calls.", ""};
    case Tool::list_files: return {"No such files. Leave filters out, or see project_overview for the projects.", ""};
    case Tool::list_issues: return {"No such issues.", ""};
    default: return {"Nothing.", ""};
  }
}

std::string list_text(Tool tool, const Json& content) {
  const auto& results = content["results"];
  const auto hints = hints_of(tool);
  std::string text;
  for (const auto& row : results) text += hit_line(tool, row) + "\n";
  if (results.empty()) text += std::string(hints.none) + "\n";
  else if (hints.some[0] != '\0') text += std::string(hints.some) + "\n";
  if (const auto next = content.find("next_offset"); next != content.end() && !next->is_null()) {
    text += fmt::format("There are more: ask again with offset={}.\n", next->dump());
  }
  if (const auto complete = content.find("complete"); complete != content.end() && *complete == false) {
    text += "Not all files were looked at: narrow it down by project, path or language, or raise limit.\n";
  }
  return text;
}

std::string symbol_text(const Json& symbol) {
  std::string text = symbol_line(symbol) + "\n";
  if (const auto docstring = text_of(symbol, "docstring"); !docstring.empty()) text += docstring + "\n";
  for (const auto& member : symbol["members"]) {
    text += fmt::format("member {}-{} {} {}  {}  [id {}]\n", text_of(member, "start_line"), text_of(member, "end_line"),
                        text_of(member, "kind"), text_of(member, "name"), one_line(text_of(member, "signature")),
                        text_of(member, "id"));
  }
  if (symbol["source"].is_null()) return text + "The file cannot be read at present.\n";
  text += fmt::format("source, lines {} to {}:\n{}", text_of(symbol, "start_line"), text_of(symbol, "source_end_line"),
                      text_of(symbol, "source"));
  if (symbol["source_end_line"] < symbol["end_line"]) {
    text += fmt::format("\nIt goes on to line {}: read_file gives the rest.\n", text_of(symbol, "end_line"));
  }
  return text;
}

// "line 3: pkg.b f -> demo/pkg/b.py"
std::string import_line(const std::string& project, const Json& row) {
  std::string line = fmt::format("line {}: {}", text_of(row, "line"), one_line(text_of(row, "target")));
  if (const auto name = one_line(text_of(row, "name")); !name.empty()) line += " " + name;
  const auto resolution = text_of(row, "resolution");
  if (resolution == "file") return line + fmt::format(" -> {}/{}\n", project, text_of(row, "path"));
  if (resolution == "folder") return line + fmt::format(" -> {}/{} (a folder)\n", project, text_of(row, "path"));
  if (resolution == "missing") return line + " -> missing: the project's own by the way it is written, and not there\n";
  return line + (resolution.empty() ? " (not looked at yet)\n" : "\n");
}

std::string imports_text(const Json& content) {
  const auto project = text_of(content, "project");
  const auto file = fmt::format("{}/{}", project, text_of(content, "path"));
  const auto heading = [&](const char* what, const char* list, const char* total) {
    const auto shown = content[list].size();
    const auto all = content[total].get<std::size_t>();
    return fmt::format("{} {}: {}{}\n", file, what, all, shown < all ? fmt::format(", the first {} are", shown) : "");
  };
  std::string text = heading("imports", "imports", "imports_total");
  for (const auto& row : content["imports"]) text += import_line(project, row);
  text += heading("is imported by", "imported_by", "imported_by_total");
  for (const auto& row : content["imported_by"]) text += fmt::format("{}/{}:{}\n", project, text_of(row, "path"), text_of(row, "line"));
  return text;
}

std::string project_text(const Json& project) {
  std::string text = fmt::format(
      "{} ({}): {} files, {} indexed, {} pending, {} skipped, {} dead; {} symbols; {} errors, {} warnings, {} infos\n",
      text_of(project, "name"), text_of(project, "path"), text_of(project, "files"), text_of(project, "indexed"),
      text_of(project, "pending"), text_of(project, "skipped"), text_of(project, "dead"), text_of(project, "symbols"),
      text_of(project, "errors"), text_of(project, "warnings"), text_of(project, "infos"));
  std::string languages;
  for (const auto& row : project.value("languages", Json::array())) {
    languages += fmt::format("{}{}: {} files, {} lines", languages.empty() ? "" : "; ", text_of(row, "language"),
                             text_of(row, "files"), text_of(row, "lines"));
  }
  if (!languages.empty()) text += "  languages: " + languages + "\n";
  std::string kinds;
  const Json counts = project.value("kinds", Json::object());  // outlives the loop
  for (const auto& [kind, count] : counts.items()) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind, count.dump());
  }
  if (!kinds.empty()) text += "  symbols: " + kinds + "\n";
  const auto trouble = project.find("trouble");
  const bool is_seen = trouble == project.end() || trouble->is_null();
  return is_seen ? text : text + "  not all of it can be seen: " + text_of(project, "trouble") + "\n";
}

}  // namespace

std::string tool_text(Tool tool, const Json& content) {
  switch (tool) {
    case Tool::read_file:
      return content["end_line"] < content["line_count"]
                 ? fmt::format("{}\nLines {} to {} of {}: go on with start_line={}.\n", text_of(content, "text"),
                               content["start_line"].dump(), content["end_line"].dump(), content["line_count"].dump(),
                               content["end_line"].get<std::int64_t>() + 1)
                 : text_of(content, "text");
    case Tool::symbol_info: return symbol_text(content);
    case Tool::file_imports: return imports_text(content);
    case Tool::project_overview:
    case Tool::index_status: {
      std::string text;
      if (tool == Tool::index_status) {
        text = content["current"] == true     ? "The index is current.\n"
               : content["waiting"] != 0      ? fmt::format("{} files wait to be indexed; what is said of them may be of before.\n",
                                                            content["waiting"].dump())
               : content["imports_due"] != 0  ? "All files are indexed; where imports lead is being found out, and may be of before.\n"
                                              : "All files that can be seen are indexed; what is said of the others may be of before.\n";
      }
      for (const auto& project : content["projects"]) text += project_text(project);
      return content["projects"].empty() ? text + "No project is configured.\n" : text;
    }
    default: return list_text(tool, content);
  }
}

}  // namespace ca::server
