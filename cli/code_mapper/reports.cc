// The reports for standard output.
#include "cli/code_mapper/reports.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <map>

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

json sarif_region(const analysis::Range& range) {
  json region = {{"startLine", std::max(1u, range.start_line)}};
  if (range.end_line >= range.start_line) region["endLine"] = std::max(1u, range.end_line);
  return region;
}

}  // namespace

std::string text_report(const Project& project) {
  std::string out;
  std::size_t symbols = 0;
  for (const MappedFile& file : project.files) {
    symbols += file.facts.symbols.size();
    for (const Issue& issue : file.facts.issues) {
      out += file.shown + ":" + std::to_string(issue.range.start_line) + ": " + analysis::severity_name(issue.severity) + ": " +
             issue.message + " [" + issue.id + "]\n";
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
  return report.dump(2) + "\n";
}

std::string sarif_report(const Project& project) {
  json results = json::array(), rules = json::array();
  std::map<std::string, std::size_t> rule_index;
  for (const MappedFile& file : project.files) {
    for (const Issue& issue : file.facts.issues) {
      auto [rule, is_new] = rule_index.emplace(issue.id, rule_index.size());
      if (is_new) rules.push_back({{"id", issue.id}});
      const char* level = issue.severity == Severity::info ? "note" : analysis::severity_name(issue.severity);
      json location = {{"physicalLocation", {{"artifactLocation", {{"uri", uri(file.path)}}}, {"region", sarif_region(issue.range)}}}};
      results.push_back({{"ruleId", issue.id}, {"ruleIndex", rule->second}, {"level", level},
                         {"message", {{"text", issue.message}}}, {"locations", json::array({location})}});
    }
  }
  json driver = {{"name", "code_mapper"}, {"version", CODE_ANALYSIS_VERSION}, {"rules", std::move(rules)}};
  json run = {{"tool", {{"driver", std::move(driver)}}}, {"results", std::move(results)}, {"columnKind", "utf16CodeUnits"}};
  json report = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", json::array({run})}};
  return report.dump(2) + "\n";
}

}  // namespace ca::code_mapper
