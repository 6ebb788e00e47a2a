// A language's front end: bytes in, facts out. A further language is one more of these, a grammar in grammars/CMakeLists.txt
// and a line in front_end.cc; nothing else knows languages one by one.
#pragma once

#include <string_view>

#include "analysis/analyse.h"
#include "analysis/facts.h"
#include "analysis/source.h"

namespace ca::analysis {

class Collector;

class FrontEnd {
 public:
  virtual ~FrontEnd() = default;
  // Puts what it finds into `out`. Total and without state of its own: called by any number of threads at once.
  virtual void collect(std::string_view path, const Source& source, Collector& out) const = 0;
};

const FrontEnd& front_end(Language language);

const FrontEnd& python_front_end();
const FrontEnd& c_front_end();
const FrontEnd& cpp_front_end();
const FrontEnd& java_front_end();
const FrontEnd& javascript_front_end();
const FrontEnd& typescript_front_end();
const FrontEnd& tsx_front_end();
const FrontEnd& bash_front_end();
const FrontEnd& go_front_end();
const FrontEnd& rust_front_end();

}  // namespace ca::analysis
