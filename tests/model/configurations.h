// The trees that are explored. Several small ones, each about something, rather than one that is about everything.
#pragma once

#include <vector>

#include "tests/model/world.h"

namespace ca::model {

// `long_run`: three workers and more freedom for the surroundings; takes minutes.
std::vector<Configuration> configurations(bool long_run);

}  // namespace ca::model
