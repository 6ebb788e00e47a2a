// What the grammar does not know: none of it is an error, and all that stands around it is found.
module;
#include <vector>
export module shapes.round:parts;
import std;
import <map>;
export import :corners;

export namespace gaps {
void refused(auto&) = delete;
template <class F> void refused_too(F f) = delete;
int braces(std::vector<int> list = {}, int count = {});
int more_braces(std::map<int, Key> map = {{1, make(key)}}, bool flag = false);

struct Bits {
  unsigned low : 3, : 2, high : 4;
  int : 16;
  uint16_t : width;
  enum : kind_t { first, second };
  void (Bits::*handler)(int);
  template <class T> void never(T t) = delete;
  using typename Base::Value;
  friend typename Base::Peer;
};

template <class R, class C> struct Traits<R (C::*)(int) const> { int arity; };
template <class R, class C> struct Reference<R (C::*)(int) &> { int arity; };
template <class F> auto tried(F* f) -> decltype((void)f->call(), int());
template <unsigned N> constexpr std::enable_if_t<N >= 64, bool> wide(int n) { return true; }

Value& Bits::walk(Bits* other) {
  operator++();
  (this->*handler)(1);
  other->*handler = nullptr;
  make(typename Base::Value(3));
  if (unsigned(size) >= limit) return first;
  const int mixed = (unsigned(size) >> 4) + 1;
  UNUSED_HERE
  bool added = insert(mixed);
  delete[](Value*)memory;
  return operator Value<int>();
}

inline Bits::operator bool() { return true; }
template <class T> inline Bits::operator T*() { return nullptr; }

template <class... Bases> struct Over : Bases... { using Bases::operator()...; int after; };
Value& operator->*(Bits* bits, int Bits::*member);

int after() { return 1; }
}  // namespace gaps
