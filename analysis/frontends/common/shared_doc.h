// The doc comment that was found last, for the declarators of one declaration: each asks for the same one.
#pragma once

#include <cstdint>
#include <string>

#include "analysis/facts.h"
#include "analysis/text.h"

namespace ca::analysis {

class SharedDoc {
 public:
  // Returns what find(place) returns for the first that asks for a place; a copy of up to longest_shared_docstring for those after it.
  template <class Find>
  std::string at(std::uint32_t place, Find&& find) {
    if (place == place_) return text_;
    std::string text = find(place);
    place_ = place;
    text_ = cut(text, longest_shared_docstring);
    return text;
  }

 private:
  std::uint32_t place_ = UINT32_MAX;
  std::string text_;
};

}  // namespace ca::analysis
