// Every key that a configuration may have: one table with type, default, range and meaning. The reader, the printed
// configuration and docs/configuration.md (a test compares it) all come from here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ca::config {

enum class Type {
  text,        // "x"
  path,        // text; relative to the file's folder, "" stays ""
  boolean,     // true, false
  integer,     // 5432
  real,        // 0.2
  duration,    // 250ms; value in milliseconds
  size,        // 64MiB; value in bytes
  octal,       // "0777"
  signal,      // TERM, SIGTERM, 15; "": none
  choice,      // one of Key::detail, separated by "|"
  words,       // list of texts, numbers allowed as they are written
  integers,    // list of whole numbers
  variables,   // map of names to texts, numbers allowed as they are written
  section,     // map of the keys of section Key::detail
  sections,    // list of such maps
};

enum class Trait : std::uint8_t {
  none,
  required,    // must be written
  computed,    // the default depends on other keys; Key::default_text tells people how
  later,       // known, but refused when set to anything but its default: not acted upon yet
  secret,      // its value is never shown in a message
};

struct Key {
  std::string_view section;
  std::string_view name;
  Type type;
  std::string_view default_text;  // as in the file; without brackets for an empty list or map
  std::string_view meaning;       // one line for the documentation
  std::int64_t min = 0;           // integer, duration, size, octal: inclusive
  std::int64_t max = 0;
  std::string_view detail = {};
  Trait trait = Trait::none;
};

struct Section {
  std::string_view id;             // what Key::section names
  std::string_view title;          // where it stands, for people: "database.driver"
  bool has_process_keys = false;   // the keys of section "process" are allowed too; its own of the same name win
};

// Processes of a tree, instances counted; of workers and of projects as well.
inline constexpr std::size_t max_processes = 10000;

std::span<const Section> sections();
std::span<const Key> keys();

// The section of that id; it exists (a programming error otherwise).
const Section& section(std::string_view id);
// The keys allowed in it, in the order of the table, each name once.
const std::vector<const Key*>& keys_of(const Section& section);
// Null where there is none.
const Key* find_key(const Section& section, std::string_view name);

// The words of a choice.
std::vector<std::string_view> choices(const Key& key);
// "1 to 65535" in the key's own unit; "" where any value will do.
std::string range_text(const Key& key);

// The section's own keys as the Markdown table that docs/configuration.md must contain.
std::string documentation_table(const Section& section);

}  // namespace ca::config
