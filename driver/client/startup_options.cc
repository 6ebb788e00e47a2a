#include "driver/client/startup_options.h"

#include <cctype>

#include "driver/sql/sql_scanner.h"

namespace ca::driver {

namespace {

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// True where `value` for `name` changes nothing on a connection that reports `current`.
bool same_setting(std::string_view name, std::string_view value, const std::string& current) {
  if (name == "extra_float_digits") return value == "1" || value == "2" || value == "3";  // all the same since 12
  if (current.empty()) return false;
  if (name == "client_encoding") {
    const std::string wanted = folded(value);
    return wanted == folded(current) || (wanted == "unicode" && folded(current) == "utf8");
  }
  if (name == "datestyle") return folded(current).rfind(folded(value), 0) == 0;  // "ISO" of "ISO, MDY"
  return value == current;
}

// Splits as PostgreSQL does: at blanks, a backslash takes the next character as it is.
std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    words.back() += text[at];
  }
  return words;
}

bool valid_name(std::string_view name) {
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') return false;
  }
  return !name.empty();
}

class Reader {
 public:
  explicit Reader(const ServerValue& server_value) : server_value_(server_value) {}

  Status take(std::string_view given_name, std::string_view value) {
    const std::string name = lower(given_name);
    if (name == "user") {
      options.user = value;
    } else if (name == "database") {
      options.database = value;
    } else if (name == "application_name") {
      options.application_name = value;
    } else if (name == "replication") {
      options.replication = value != "false" && value != "off" && value != "0" && value != "no";
    } else if (name == "options") {
      return take_options(value);
    } else {
      return take_setting(name, value);
    }
    return {};
  }

  StartupOptions options;

 private:
  Status take_options(std::string_view text) {
    const auto words = split_options(text);
    for (std::size_t at = 0; at < words.size(); ++at) {
      std::string setting;
      if (words[at] == "-c" && at + 1 < words.size()) {
        setting = words[++at];
      } else if (words[at].rfind("-c", 0) == 0 || words[at].rfind("--", 0) == 0) {
        setting = words[at].substr(2);
      } else {
        return failure("invalid command-line argument in options: \"" + words[at] + "\"; only -c name=value is served");
      }
      const auto equals = setting.find('=');
      if (equals == std::string::npos) return failure("option \"" + setting + "\" has no value");
      std::string name = lower(setting.substr(0, equals));
      for (char& c : name) c = c == '-' ? '_' : c;
      if (auto taken = take_setting(name, setting.substr(equals + 1)); !taken) return taken;
    }
    return {};
  }

  Status take_setting(const std::string& name, std::string_view value) {
    if (name == "code_analysis.priority") {
      if (parse_priority(value, options.priority)) return {};
      return failure("code_analysis.priority is \"" + std::string(value) + "\": interactive, normal or bulk expected");
    }
    if (!valid_name(name)) return failure("invalid name of a setting: \"" + name + "\"");
    if (!same_setting(name, value, server_value_(name))) options.settings.emplace_back(name, value);
    return {};
  }

  const ServerValue& server_value_;
};

// The settings that say how SQL is to be read. What PostgreSQL makes of an unusual value is not known here.
void read_dialect(StartupOptions& options, const ServerValue& server_value) {
  SqlDialect dialect{server_value("standard_conforming_strings") != "off", keeps_ascii(server_value("client_encoding"))};
  for (const auto& [name, value] : options.settings) {
    if (name == "standard_conforming_strings") dialect.standard_strings = value == "on";
    else if (name == "client_encoding") dialect.ascii_is_ascii = keeps_ascii(folded(value));
    else continue;
    options.dialect = dialect;
  }
}

}  // namespace

void append_literal(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

Result<StartupOptions> read_startup_options(const wire::StartupMessage& message, const ServerValue& server_value) {
  Reader reader(server_value);
  for (const auto& [name, value] : message.parameters) {
    if (auto taken = reader.take(name, value); !taken) return tl::unexpected(taken.error());
  }
  if (reader.options.user.empty()) return failure("no PostgreSQL user name specified in startup packet");
  if (reader.options.database.empty()) reader.options.database = reader.options.user;
  read_dialect(reader.options, server_value);
  return std::move(reader.options);
}

// set_config takes a value as a startup packet does: SET would take "a, b" for one name.
std::string settings_sql(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string sql = "SELECT ";
  for (const auto& [name, value] : settings) {
    if (sql.size() > 7) sql += ", ";
    sql += "pg_catalog.set_config(";
    append_literal(sql, name);
    sql += ", ";
    append_literal(sql, value);
    sql += ", false)";
  }
  return sql;
}

}  // namespace ca::driver
