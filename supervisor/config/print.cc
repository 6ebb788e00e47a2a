#include "supervisor/config/print.h"

#include <fmt/format.h>

#include "common/posix.h"
#include "supervisor/config/mask.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

// In double quotes, so that nothing in it means anything to YAML or to the variables' expansion.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '$' && text.substr(i, 2) == "${") result += '$';
      result += c;
    }
  }
  return result + "\"";
}

std::string joined(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ", ")); }

std::string signal_text(int number) {
  if (number == 0) return "\"\"";
  const std::string name = signal_name(number);
  return signal_number(name) == number ? name.substr(3) : std::to_string(number);
}

class Printer {
 public:
  void print_section(const Settings& settings, int depth) {
    for (const Key* key : keys_of(settings.schema())) {
      if (is_shown(settings, *key)) print_key(*key, settings.at(key->name), depth);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  bool is_shown(const Settings& settings, const Key& key) const {
    const Value& value = settings.at(key.name);
    switch (key.type) {
      case Type::section: return is_section_shown(settings, key, value);
      case Type::sections: return value.given || !value.sections.empty();
      case Type::variables: return !value.variables.empty();
      default: break;
    }
    if (key.name == "builtin") return !settings.given("command");
    if (key.name == "command") return value.given;
    // A limit that is not set has no value that could be shown.
    return value.given || !key.default_text.empty() || key.type == Type::text || key.type == Type::path ||
           key.type == Type::words || key.type == Type::signal;
  }

  bool is_section_shown(const Settings& settings, const Key& key, const Value& value) const {
    if (key.name == "limits") return false;
    if (key.name == "database" || key.name == "server") return value.given;
    if (key.name != "embedded") return true;
    const bool by_default = settings.text("conninfo").empty() && !driver_is_command_;
    return value.given || by_default;
  }

  void print_key(const Key& key, const Value& value, int depth) {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    if (key.type == Type::section) {
      text_ += fmt::format("{}{}:\n", indent, key.name);
      if (key.name == "driver") driver_is_command_ = value.sections.front().given("command");
      print_section(value.sections.front(), depth + 1);
    } else if (key.type == Type::sections) {
      text_ += fmt::format("{}{}:{}\n", indent, key.name, value.sections.empty() ? " []" : "");
      for (const Settings& item : value.sections) print_item(item, depth + 1);
    } else if (key.type == Type::variables) {
      text_ += fmt::format("{}{}:\n", indent, key.name);
      for (const auto& [name, text] : value.variables) {
        const bool is_secret = is_secret_name(name.text);
        text_ += fmt::format("{}  {}: {}\n", indent, name.text, in_quotes(is_secret ? masked : std::string_view(text)));
      }
    } else {
      text_ += fmt::format("{}{}: {}\n", indent, key.name, scalar_text(key, value));
    }
  }

  // A map as an item of a list: its first line carries the dash.
  void print_item(const Settings& item, int depth) {
    const std::size_t start = text_.size();
    print_section(item, depth + 1);
    text_[start + static_cast<std::size_t>(depth) * 2] = '-';
  }

  static std::string scalar_text(const Key& key, const Value& value) {
    switch (key.type) {
      case Type::text:
      case Type::path: return in_quotes(key.name == "conninfo" ? mask_conninfo(value.text) : value.text);
      case Type::boolean: return value.number != 0 ? "true" : "false";
      case Type::integer: return std::to_string(value.number);
      case Type::real: return fmt::format("{}", value.real);
      case Type::duration: return format_duration(value.number);
      case Type::size: return format_size(value.number);
      case Type::octal: return fmt::format("\"{:04o}\"", value.number);
      case Type::signal: return signal_text(static_cast<int>(value.number));
      case Type::choice: return value.text;
      case Type::words: return words_text(value);
      case Type::integers: return fmt::format("[{}]", fmt::join(value.numbers, ", "));
      case Type::variables:
      case Type::section:
      case Type::sections: break;
    }
    return "";
  }

  static std::string words_text(const Value& value) {
    std::vector<std::string> items;
    for (const Word& word : value.words) items.push_back(in_quotes(word.text));
    return joined(items);
  }

  std::string text_;
  bool driver_is_command_ = false;
};

}  // namespace

std::string print(const Settings& code_analysis) {
  Printer printer;
  printer.print_section(code_analysis, 1);
  return "code_analysis:\n" + printer.take();
}

}  // namespace ca::config
