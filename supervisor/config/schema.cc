#include "supervisor/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/check.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

std::vector<const Key*> collect_keys(const Section& section) {
  std::vector<const Key*> found;
  const auto add = [&found](std::string_view id) {
    for (const Key& key : keys()) {
      const auto same_name = [&key](const Key* other) { return other->name == key.name; };
      if (key.section == id && std::none_of(found.begin(), found.end(), same_name)) found.push_back(&key);
    }
  };
  add(section.id);
  if (section.has_process_keys) add("process");
  return found;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::text: return "text";
    case Type::path: return "path";
    case Type::boolean: return "true or false";
    case Type::integer: return "whole number";
    case Type::real: return "number";
    case Type::duration: return "duration";
    case Type::size: return "size";
    case Type::octal: return "octal number";
    case Type::signal: return "signal";
    case Type::choice: return "word";
    case Type::words: return "list of texts";
    case Type::integers: return "list of whole numbers";
    case Type::variables: return "map of texts";
    case Type::section: return "map";
    case Type::sections: return "list of maps";
  }
  return "";
}

std::string type_text(const Key& key) {
  if (key.type == Type::choice) return fmt::format("`{}`", fmt::join(choices(key), "`, `"));
  const std::string range = range_text(key);
  return std::string(type_name(key.type)) + (range.empty() ? "" : ", " + range);
}

std::string default_cell(const Key& key) {
  if (key.trait == Trait::required) return "required";
  if (key.trait == Trait::computed) return std::string(key.default_text);
  if (key.type == Type::text || key.type == Type::path) return fmt::format("`\"{}\"`", key.default_text);
  if (key.type == Type::words || key.type == Type::integers) return fmt::format("`[{}]`", key.default_text);
  if (key.type == Type::section || key.type == Type::sections || key.type == Type::variables) return "";
  return key.default_text.empty() ? "none" : fmt::format("`{}`", key.default_text);
}

}  // namespace

const Section& section(std::string_view id) {
  for (const Section& candidate : sections()) {
    if (candidate.id == id) return candidate;
  }
  CA_CHECK(!"the schema has a section of this id");
  return sections().front();
}

const std::vector<const Key*>& keys_of(const Section& section) {
  static std::map<std::string_view, std::vector<const Key*>> known;
  const auto [at, is_new] = known.try_emplace(section.id);
  if (is_new) at->second = collect_keys(section);
  return at->second;
}

const Key* find_key(const Section& section, std::string_view name) {
  for (const Key* key : keys_of(section)) {
    if (key->name == name) return key;
  }
  return nullptr;
}

std::vector<std::string_view> choices(const Key& key) {
  std::vector<std::string_view> words;
  for (std::string_view rest = key.detail; !rest.empty();) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    words.push_back(rest.substr(0, bar));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return words;
}

std::string range_text(const Key& key) {
  if (key.min == key.max) return "";
  switch (key.type) {
    case Type::integer:
    case Type::integers:
    case Type::real: return fmt::format("{} to {}", key.min, key.max);
    case Type::duration: return fmt::format("{} to {}", format_duration(key.min), format_duration(key.max));
    case Type::size: return fmt::format("{} to {}", format_size(key.min), format_size(key.max));
    case Type::octal: return fmt::format("{:04o} to {:04o}", key.min, key.max);
    default: return "";
  }
}

std::string documentation_table(const Section& section) {
  std::string table = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Key& key : keys()) {
    if (key.section != section.id) continue;
    table += fmt::format("| `{}` | {} | {} | {}{} |\n", key.name, type_text(key), default_cell(key), key.meaning,
                         key.trait == Trait::later ? " *(not supported yet)*" : "");
  }
  return table;
}

}  // namespace ca::config
