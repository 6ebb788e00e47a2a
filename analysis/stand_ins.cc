#include "analysis/stand_ins.h"

#include <string>
#include <unordered_map>
#include <utility>

namespace ca::analysis {
namespace {

bool is_type(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::class_: case SymbolKind::struct_: case SymbolKind::union_: case SymbolKind::enum_:
    case SymbolKind::interface: case SymbolKind::trait: case SymbolKind::type_alias:
      return true;
    default: return false;
  }
}

class Replacement {
 public:
  Replacement(Facts& facts, const std::vector<std::int32_t>& stand_ins)
      : facts_(facts), is_stand_in_(facts.symbols.size(), false), new_index_(facts.symbols.size(), no_parent) {
    for (std::int32_t index : stand_ins) is_stand_in_[at(index)] = true;
  }

  void run() {
    point_at_types();
    std::vector<Symbol> ordered = reorder();
    for (Reference& reference : facts_.references) {  // while the indices are still those of the old order
      const std::int32_t real = resolved(reference.enclosing);
      reference.enclosing = real == no_parent ? no_parent : new_index_[at(real)];
    }
    facts_.symbols = std::move(ordered);
  }

 private:
  static std::size_t at(std::int32_t index) { return static_cast<std::size_t>(index); }
  Symbol& symbol(std::int32_t index) { return facts_.symbols[at(index)]; }

  // What a symbol is or stands for: never a stand-in. The parent of one is what takes its place.
  std::int32_t resolved(std::int32_t index) {
    while (index != no_parent && is_stand_in_[at(index)]) index = symbol(index).parent;
    return index;
  }

  void point_at_types() {
    std::unordered_map<std::string, std::int32_t> types;
    const auto count = static_cast<std::int32_t>(facts_.symbols.size());
    for (std::int32_t i = 0; i < count; ++i) {
      if (!is_stand_in_[at(i)] && is_type(symbol(i).kind)) types.emplace(symbol(i).qualified_name, i);
    }
    for (std::int32_t i = 0; i < count; ++i) {
      if (!is_stand_in_[at(i)]) continue;
      auto found = types.find(symbol(i).qualified_name);
      if (found != types.end() && !lies_within(found->second, i)) symbol(i).parent = found->second;
    }
  }

  // Whether `index` lies within the stand-in: a type inside its own method would enclose itself.
  bool lies_within(std::int32_t index, std::int32_t stand_in) {
    while (index != no_parent && index != stand_in) index = symbol(index).parent;
    return index == stand_in;
  }

  // Each symbol after those that enclose it.
  std::vector<Symbol> reorder() {
    std::vector<Symbol> ordered;
    ordered.reserve(facts_.symbols.size());
    std::vector<std::int32_t> chain;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(facts_.symbols.size()); ++i) {
      if (is_stand_in_[at(i)]) continue;
      chain.clear();
      for (std::int32_t above = i; above != no_parent && new_index_[at(above)] == no_parent;) {
        chain.push_back(above);
        above = resolved(symbol(above).parent);
      }
      for (auto next = chain.rbegin(); next != chain.rend(); ++next) {
        const std::int32_t parent = resolved(symbol(*next).parent);
        new_index_[at(*next)] = static_cast<std::int32_t>(ordered.size());
        ordered.push_back(symbol(*next));  // a copy: the chain still reads parents here
        ordered.back().parent = parent == no_parent ? no_parent : new_index_[at(parent)];
      }
    }
    return ordered;
  }

  Facts& facts_;
  std::vector<bool> is_stand_in_;
  std::vector<std::int32_t> new_index_;
};

}  // namespace

void replace_stand_ins(Facts& facts, const std::vector<std::int32_t>& stand_ins) { Replacement(facts, stand_ins).run(); }

}  // namespace ca::analysis
