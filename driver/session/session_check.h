// Whether a session that may hold state of its own really does: asked of PostgreSQL, outside a transaction.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ca::driver {

// SQL that returns a row where it finds state: settings, session-level advisory locks, cursors, prepared statements of
// SQL, temporary relations, another role, channels. `settings` are those that the session was given, with their values;
// only another value of theirs is state. It cannot find settings that no program has defined ("app.user"), the seed of
// random(), and what extensions keep to themselves.
std::string session_check_sql(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace ca::driver
