// LISTEN and UNLISTEN in a text of SQL statements: which channels they name, and whether the text is nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ca::driver {

struct ListenCommand {
  bool listens = false;  // else UNLISTEN
  std::string channel;   // as PostgreSQL has it: folded, unquoted, cut to 63 bytes. Empty: UNLISTEN *
};

struct ListenText {
  std::vector<ListenCommand> commands;  // in order; those that PostgreSQL would refuse are left out
  bool alone = false;                   // the text is one such statement, and comments and semicolons at most

  bool is_one_listen() const noexcept { return alone && commands.front().listens; }
};

ListenText read_listens(std::string_view sql);

// The channel as a quoted name for SQL.
std::string quoted_channel(std::string_view channel);

// True where PostgreSQL takes `word`, in lower case, for no name unless it is quoted.
bool is_reserved_word(std::string_view word) noexcept;

}  // namespace ca::driver
