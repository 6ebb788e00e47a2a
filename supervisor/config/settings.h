// The values of a section, each checked against its key and filled in with its default. What the plan is made from and
// what --print-config shows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "supervisor/config/diagnostics.h"
#include "supervisor/config/schema.h"

namespace ca::config {

class Settings;

struct Word {
  std::string text;
  Mark mark;
};

struct Value {
  Mark mark;                                // of the value, or of its section where it is not written
  bool given = false;                       // it stands in the file
  bool in_error = false;                    // what stands there is of no use, and that was told already
  std::string text;                         // text, path, choice
  std::int64_t number = 0;                  // integer; milliseconds, bytes, mode bits, signal number; boolean as 0 or 1
  double real = 0;
  std::vector<Word> words;
  std::vector<std::int64_t> numbers;
  std::vector<std::pair<Word, std::string>> variables;
  std::vector<Settings> sections;           // one for a section; as many as written for a list of them
};

// Names are keys of the section's schema; asking for any other is a programming error.
class Settings {
 public:
  Settings(const Section& schema, Mark mark) : schema_(&schema), mark_(mark) {}

  const Section& schema() const { return *schema_; }
  Mark mark() const { return mark_; }

  Value& at(std::string_view name);
  const Value& at(std::string_view name) const;

  bool given(std::string_view name) const { return at(name).given; }
  const std::string& text(std::string_view name) const { return at(name).text; }
  std::int64_t number(std::string_view name) const { return at(name).number; }
  int integer(std::string_view name) const { return static_cast<int>(at(name).number); }
  bool flag(std::string_view name) const { return at(name).number != 0; }
  double real(std::string_view name) const { return at(name).real; }
  Milliseconds duration(std::string_view name) const { return Milliseconds(at(name).number); }
  const Settings& section(std::string_view name) const;  // a Type::section, which always has exactly one
  Settings& section(std::string_view name);
  std::vector<std::string> words(std::string_view name) const;

  void set(std::string_view name, Value value);

 private:
  const Section* schema_;
  Mark mark_;
  std::map<std::string_view, Value> values_;  // by the schema's own names, which live for ever
};

}  // namespace ca::config
