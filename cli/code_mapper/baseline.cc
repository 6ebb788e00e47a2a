#include "cli/code_mapper/baseline.h"

#include <cctype>

#include "cli/code_mapper/yaml_input.h"

namespace ca::code_mapper {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "more than 70" says the same as "more than 71"; f1 and f2 are two functions.
std::string without_figures(const std::string& message) {
  std::string out;
  for (std::size_t i = 0; i < message.size();) {
    std::size_t end = i;
    while (end < message.size() && is_word(message[end])) ++end;
    if (end == i) {
      out.push_back(message[i++]);
      continue;
    }
    std::size_t digits = i;
    while (digits < end && is_digit(message[digits])) ++digits;
    if (digits < end) out.append(message, i, end - i);
    i = end;
  }
  return out;
}

std::string key_of(const std::string& file, const std::string& id, const std::string& message) {
  return file + "\n" + id + "\n" + without_figures(message);
}

}  // namespace

std::string issue_key(const std::string& file, const analysis::Issue& issue) { return key_of(file, issue.id, issue.message); }

Result<Baseline> Baseline::parse(const std::string& text) {
  Baseline baseline;
  try {
    const auto root = load_yaml(text, max_bytes);
    if (!root) return tl::unexpected(root.error());
    if (!root->IsMap()) return failure("it has no list \"issues\"");
    const YAML::Node issues = (*root)["issues"];
    if (!issues || !issues.IsSequence()) return failure("it has no list \"issues\"");
    for (const auto& issue : issues) {
      ++baseline.known_[key_of(issue["file"].as<std::string>(), issue["id"].as<std::string>(), issue["message"].as<std::string>())];
    }
  } catch (const std::exception& error) {
    return failure(error.what());
  }
  return baseline;
}

bool Baseline::take(const std::string& file, const analysis::Issue& issue) {
  const auto old = known_.find(issue_key(file, issue));
  return old != known_.end() && old->second-- > 0;
}

}  // namespace ca::code_mapper
