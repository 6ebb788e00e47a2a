// The functions that a statement may call on a server connection that another client gets next without a reset: those
// of PostgreSQL that neither change nor read the state of a session (harmless_builtins.cc), and those that the operator
// vouches for (the key `harmless_functions`).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace ca::driver {

// Sorted.
std::span<const std::string_view> harmless_builtins() noexcept;

class HarmlessFunctions {
 public:
  // `own`: names as PostgreSQL stores them. "schema.name" stands for a call that names that schema, "name" for a call
  // with any schema or none.
  explicit HarmlessFunctions(const std::vector<std::string>& own = {});

  // A call as it is written; `schema` is empty where it names none. An unqualified name is taken for PostgreSQL's own
  // function wherever there is one of that name.
  bool contains(std::string_view schema, std::string_view name) const;
  // Of those that contain() has: it changes nothing in the database. Of the operator's own that is not known.
  bool only_reads(std::string_view schema, std::string_view name) const;

 private:
  bool is_builtin(std::string_view name) const noexcept;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  std::vector<std::uint16_t> slots_;  // open addressing: 1 + place in harmless_builtins(), 0 for none
  std::unordered_set<std::string, Hash, std::equal_to<>> own_;
};

}  // namespace ca::driver
