// Worlds that differ only in what can never matter are one: absolute time, ages beyond every limit, counters for people,
// the order of twins. Without this the exploration would not end.
#pragma once

#include <string>

#include "tests/model/world.h"

namespace ca::model {

// The world as bytes, equal for worlds that behave equally. Changes the world to the one that the bytes stand for.
std::string encode(const Configuration& configuration, World& world);
World decode(const Configuration& configuration, const std::string& bytes);

}  // namespace ca::model
