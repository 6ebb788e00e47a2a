// Issues that were there before: what a code_issues.yaml of an earlier run lists.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "analysis/facts.h"
#include "common/result.h"

namespace ca::code_mapper {

// What makes an issue the same one in another run: file, id, and the message without its figures. REQUIRES: `file` is valid UTF-8.
std::string issue_key(const std::string& file, const analysis::Issue& issue);

// Knows an issue again by its file, id and message, but not by its lines or by the figures in the message: code above may grow and
// shrink, and a function that is too long may get longer. What was there twice is old twice.
class Baseline {
 public:
  static constexpr std::size_t max_bytes = 64u << 20;

  // The text of a code_issues.yaml. Errors: it is none, or is longer than max_bytes.
  static Result<Baseline> parse(const std::string& text);

  // Whether the issue is an old one; each is good for one.
  bool take(const std::string& file, const analysis::Issue& issue);

 private:
  std::map<std::string, int> known_;
};

}  // namespace ca::code_mapper
