// The name that a C or C++ declarator declares, however deep it is wrapped.
#pragma once

#include <string>

#include "analysis/frontends/c_family/grammar.h"
#include "analysis/source.h"

namespace ca::analysis::c_family {

struct Declared {
  std::string name;          // "f", "~A", "operator==", "operator bool"; empty where none is found
  std::string scope;         // "ns::A" of "ns::A<T>::f"; empty where it is not qualified
  bool is_function = false;  // it declares a function, not a pointer to one
  bool is_destructor = false, is_operator = false;
  bool is_macro = false;     // a macro makes a function of it: TEST(scope, name)
  bool is_pointer = false;   // the name itself is a pointer or a reference
  TSNode name_node{};
  TSNode parameters{};       // of the function; null where there are none
};

// `declarator` may be any node of that role, an init_declarator too.
Declared read_declarator(const Grammar& grammar, const Source& source, TSNode declarator);

// Fills name, scope and name_node from a name as it stands: qualified, with template arguments, an operator.
void read_name(const Grammar& grammar, const Source& source, TSNode name, Declared& out);

}  // namespace ca::analysis::c_family
