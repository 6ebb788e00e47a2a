#include "supervisor/config/checker.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/check.h"
#include "supervisor/config/scalar_reader.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

class Checker {
 public:
  Checker(const Variables& variables, const std::string& folder, Diagnostics& diagnostics)
      : variables_(variables), folder_(folder), diagnostics_(diagnostics) {}

  // The section `schema`, written as `node` at `mark`.
  Settings read_section(const Section& schema, const Node& node, Mark mark) {
    Settings settings = defaults(schema, mark);
    if (!spend(mark) || node.kind == Node::Kind::null) {
      check_required(settings);
      return settings;
    }
    if (node.kind != Node::Kind::map) {
      diagnostics_.error(mark, fmt::format("{}: expected a map of keys, found {}", schema.title, describe(node.kind)));
      return settings;
    }
    for (const Entry& entry : node.entries) {
      if (diagnostics_.full()) return settings;
      if (const Key* key = find_key(schema, entry.key)) {
        settings.set(key->name, read_value(*key, *entry.value, entry.key_mark));
      } else {
        unknown_key(schema, entry);
      }
    }
    check_required(settings);
    return settings;
  }

 private:
  // Every key at its default, marked with the place of the section.
  Settings defaults(const Section& schema, Mark mark) {
    Settings settings(schema, mark);
    for (const Key* key : keys_of(schema)) settings.set(key->name, default_of(*key, mark));
    return settings;
  }

  Value default_of(const Key& key, Mark mark) {
    Value value;
    value.mark = mark;
    if (key.type == Type::section) {
      value.sections.push_back(defaults(section(key.detail), mark));
    } else {
      set_to_default(key, folder_, value);
    }
    return value;
  }

  void check_required(const Settings& settings) {
    for (const Key* key : keys_of(settings.schema())) {
      if (key->trait != Trait::required || settings.given(key->name)) continue;
      diagnostics_.error(settings.mark(), fmt::format("the key {} is missing in {}", key->name, settings.schema().title));
    }
  }

  void unknown_key(const Section& schema, const Entry& entry) {
    if (entry.key == "<<") return diagnostics_.error(entry.key_mark, "merge keys (<<) are not supported");
    std::vector<std::string_view> names;
    for (const Key* key : keys_of(schema)) names.push_back(key->name);
    const auto meant = nearest(entry.key, names);
    diagnostics_.error(entry.key_mark, fmt::format("unknown key {} in {}{}", quote(entry.key), schema.title,
                                                   meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
  }

  Value read_value(const Key& key, const Node& node, Mark key_mark) {
    Value value = default_of(key, node.mark);
    value.given = true;
    switch (key.type) {
      case Type::section:
        value.sections.clear();
        value.sections.push_back(read_section(section(key.detail), node, key_mark));
        break;
      case Type::sections: read_sections(key, node, value); break;
      case Type::words:
      case Type::integers: read_list(key, node, value); break;
      case Type::variables: read_variables(key, node, value); break;
      default: read_scalar(key, node, value);
    }
    return value;
  }

  void read_sections(const Key& key, const Node& node, Value& value) {
    if (!is_kind(key, node, Node::Kind::list)) return;
    if (node.items.size() > max_processes) {
      return diagnostics_.error(node.mark, fmt::format("{}: more than {} of them", key.name, max_processes));
    }
    for (const NodePtr& item : node.items) {
      if (!spend(item->mark)) return;
      Settings settings = read_section(section(key.detail), *item, item->mark);
      const bool is_usable = item->kind == Node::Kind::map || item->kind == Node::Kind::null;
      if (is_usable) value.sections.push_back(std::move(settings));
    }
  }

  void read_list(const Key& key, const Node& node, Value& value) {
    value.in_error = !is_kind(key, node, Node::Kind::list) && node.kind != Node::Kind::null;
    if (node.kind != Node::Kind::list) return;
    value.words.clear();
    value.numbers.clear();
    for (const NodePtr& item : node.items) {
      if (!spend(item->mark)) return;
      const auto scalar = expanded(key, *item);
      if (!scalar) {
        value.in_error = true;
      } else if (key.type == Type::words) {
        const auto text = any_text(key, *scalar);
        if (text) value.words.push_back({*text, item->mark});
        value.in_error = value.in_error || !text;
      } else if (auto number = read_number(key, *scalar)) {
        value.numbers.push_back(*number);
      } else {
        diagnostics_.error(item->mark, number.error().message);
      }
    }
  }

  void read_variables(const Key& key, const Node& node, Value& value) {
    if (!is_kind(key, node, Node::Kind::map)) return;
    for (const Entry& entry : node.entries) {
      if (!spend(entry.key_mark)) return;
      const auto scalar = expanded(key, *entry.value);
      if (!scalar) continue;
      if (auto text = any_text(key, *scalar)) value.variables.push_back({{entry.key, entry.key_mark}, std::move(*text)});
    }
  }

  void read_scalar(const Key& key, const Node& node, Value& value) {
    const auto scalar = expanded(key, node);
    if (!scalar || !spend(node.mark)) return;
    if (auto read = ca::config::read_scalar(key, *scalar, folder_, value); !read) {
      diagnostics_.error(node.mark, read.error().message);
    } else if (key.trait == Trait::later && !is_default(key, folder_, value)) {
      const bool in_group = key.section == "limits" || key.section == "log" || key.section == "supervisor.log";
      diagnostics_.error(node.mark, fmt::format("{}{} is not supported yet", in_group ? std::string(key.section) + "." : "",
                                                key.name));
    }
  }

  // Nothing written is an empty list or map.
  bool is_kind(const Key& key, const Node& node, Node::Kind wanted) {
    if (node.kind == Node::Kind::null) return false;
    if (node.kind == wanted) return true;
    diagnostics_.error(node.mark, fmt::format("{}: expected {}, found {}", key.name, describe(wanted), describe(node.kind)));
    return false;
  }

  // `node` as a scalar with its variables replaced. Nothing, after an error was recorded, where that cannot be.
  std::optional<Scalar> expanded(const Key& key, const Node& node) {
    if (node.kind == Node::Kind::null) return Scalar{"", true, true};
    if (node.kind != Node::Kind::scalar) {
      diagnostics_.error(node.mark, fmt::format("{}: expected {}, found {}", key.name, expectation(key), describe(node.kind)));
      return std::nullopt;
    }
    auto text = expand(node.text, variables_);
    if (!text) {
      diagnostics_.error(node.mark, fmt::format("{}: {}", key.name, text.error().message));
      return std::nullopt;
    }
    const bool is_null = node.plain && looks_like_null(*text);
    return Scalar{std::move(*text), node.plain, is_null};
  }

  // An argument or a variable: numbers and truth values stand for the text that they are written as.
  std::optional<std::string> any_text(const Key& key, const Scalar& scalar) {
    if (!scalar.is_null) return scalar.text;
    diagnostics_.error(last_mark_, fmt::format("{}: expected text, found nothing; \"\" is the empty text", key.name));
    return std::nullopt;
  }

  // Accounts for one more value. False, after an error was recorded, where it is one too many.
  bool spend(Mark mark) {
    last_mark_ = mark;
    if (diagnostics_.full()) return false;
    if (values_ == max_values_with_aliases) {
      diagnostics_.error(mark, fmt::format("more than {} values, aliases counted as often as they are used", values_));
    }
    return ++values_ <= max_values_with_aliases;
  }

  const Variables& variables_;
  const std::string& folder_;
  Diagnostics& diagnostics_;
  Mark last_mark_;
  int values_ = 0;
};

}  // namespace

Settings check(const Node& root, const Variables& variables, const std::string& folder, Diagnostics& diagnostics) {
  return Checker(variables, folder, diagnostics).read_section(section("file"), root, root.mark);
}

std::string absolute_path(const std::string& path, const std::string& folder) {
  if (path.empty()) return path;
  std::string absolute = (std::filesystem::path(folder) / path).lexically_normal().native();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

}  // namespace ca::config
