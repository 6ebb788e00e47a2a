#include "analysis/front_end.h"

namespace ca::analysis {

const FrontEnd& front_end(Language language) {
  switch (language) {
    case Language::python: return python_front_end();
    case Language::c: return c_front_end();
    case Language::cpp: return cpp_front_end();
    case Language::java: return java_front_end();
    case Language::javascript: return javascript_front_end();
    case Language::typescript: return typescript_front_end();
    case Language::tsx: return tsx_front_end();
    case Language::bash: return bash_front_end();
    case Language::go: return go_front_end();
    case Language::rust: return rust_front_end();
  }
  return python_front_end();
}

}  // namespace ca::analysis
