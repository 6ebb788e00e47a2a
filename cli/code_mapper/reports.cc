// The reports for standard output.
#include "cli/code_mapper/reports.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/text.h"
#include "cli/code_mapper/baseline.h"
#include "cli/code_mapper/columns.h"
#include "cli/code_mapper/rules.h"
#include "common/posix.h"
#include "common/printable.h"
#include "version.h"

namespace ca::code_mapper {
namespace {

using analysis::Issue;
using analysis::Severity;
using nlohmann::json;

// A path as a relative URI reference: every byte that is not plain is escaped.
std::string uri(const std::string& path) {
  static constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out;
  char buffer[4];
  for (char c : path) {
    if (plain.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out;
}

// An issue of whole lines, as that of a whole file, has no columns.
json sarif_region(const MappedFile& file, const Columns& columns, const analysis::Range& range) {
  const std::uint32_t last = std::max(1u, file.facts.line_count), start = std::clamp(range.start_line, 1u, last);
  const std::uint32_t end = std::clamp(range.end_line, start, last);
  json region = {{"startLine", start}, {"endLine", end}};
  if ((range.start_column == 0 && range.end_column == 0) || start != range.start_line || end != range.end_line) return region;
  const auto from = columns.utf16(start, range.start_column), to = columns.utf16(end, range.end_column);
  if (!from || !to) return region;  // the file has changed meanwhile
  region["startColumn"] = *from;
  region["endColumn"] = *to;
  return region;
}

const char* level_name(Severity severity) { return severity == Severity::info ? "note" : analysis::severity_name(severity); }

// All rules, found or not, so that a reader of the log knows what was looked for.
json sarif_rules() {
  json rules = json::array();
  for (const Rule& rule : all_rules()) {
    rules.push_back({{"id", rule.id}, {"shortDescription", {{"text", rule.description}}}, {"defaultConfiguration", {{"level", level_name(rule.severity)}}}});
  }
  return rules;
}

json sarif_result(const MappedFile& file, const Columns& columns, const Issue& issue) {
  json result = {{"ruleId", issue.id}, {"level", level_name(issue.severity)}, {"message", {{"text", issue.message}}}};
  if (const Rule* rule = find_rule(issue.id)) result["ruleIndex"] = rule - all_rules().data();
  result["locations"] = json::array({{{"physicalLocation", {{"artifactLocation", {{"uri", uri(file.path)}}}, {"region", sarif_region(file, columns, issue.range)}}}}});
  return result;
}

json sarif_invocation(const Project& project) {
  json notifications = json::array();
  for (const std::string& message : project.errors) {
    notifications.push_back({{"level", "error"}, {"message", {{"text", analysis::to_valid_utf8(message)}}}});
  }
  return {{"executionSuccessful", project.errors.empty()}, {"toolExecutionNotifications", std::move(notifications)}};
}

// FNV-1a: the same on every machine and in every version, as what is compared between runs has to be.
std::string fingerprint(const std::string& text) {
  std::uint64_t hash = 14695981039346656037u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(hash));
  return buffer;
}

}  // namespace

std::string text_report(const Project& project) {
  std::string out;
  std::size_t symbols = 0;
  for (const MappedFile& file : project.files) {
    symbols += file.facts.symbols.size();
    for (const Issue& issue : file.facts.issues) {
      out += printable(file.shown) + ":" + std::to_string(issue.range.start_line) + ": " + analysis::severity_name(issue.severity) + ": " +
             printable(issue.message) + " [" + issue.id + "]\n";
    }
  }
  return out + std::to_string(project.files.size()) + " files, " + std::to_string(symbols) + " definitions, " +
         std::to_string(count_issues(project, Severity::info)) + " issues\n";
}

std::string json_report(const Project& project) {
  json issues = json::array();
  std::size_t symbols = 0;
  for (const MappedFile& file : project.files) {
    symbols += file.facts.symbols.size();
    for (const Issue& issue : file.facts.issues) {
      issues.push_back({{"id", issue.id}, {"severity", analysis::severity_name(issue.severity)}, {"file", file.shown},
                        {"start_line", issue.range.start_line}, {"end_line", issue.range.end_line},
                        {"start_column", issue.range.start_column}, {"end_column", issue.range.end_column},
                        {"message", issue.message}});
    }
  }
  json report = {{"version", CODE_ANALYSIS_VERSION}, {"files", project.files.size()}, {"definitions", symbols},
                 {"issues", std::move(issues)}, {"unreadable", project.errors.size()}};
  return printable_json(report.dump(2)) + "\n";
}

std::string sarif_report(const Options& options, const Project& project) {
  json results = json::array();
  for (const MappedFile& file : project.files) {
    if (file.facts.issues.empty()) continue;
    const Result<std::string> bytes = read_file(options.root_dir + "/" + file.path, SIZE_MAX / 2);
    const Columns columns(bytes ? std::string_view(*bytes) : std::string_view());
    std::map<std::string, int> seen;  // the issues of this file that say the same
    for (const Issue& issue : file.facts.issues) {
      const std::string same = issue_key(file.shown, issue);
      json result = sarif_result(file, columns, issue);
      result["partialFingerprints"] = {{"codeMapper/v1", fingerprint(file.path + "\n" + same + "\n" + std::to_string(seen[same]++))}};
      results.push_back(std::move(result));
    }
  }
  json driver = {{"name", "code_mapper"}, {"version", CODE_ANALYSIS_VERSION}, {"rules", sarif_rules()}};
  json run = {{"tool", {{"driver", std::move(driver)}}}, {"columnKind", "utf16CodeUnits"}, {"invocations", json::array({sarif_invocation(project)})}, {"results", std::move(results)}};
  json report = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", json::array({run})}};
  return printable_json(report.dump(2)) + "\n";
}

}  // namespace ca::code_mapper
