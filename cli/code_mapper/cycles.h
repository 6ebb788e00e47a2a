// Circles in a graph of imports. Pure.
#pragma once

#include <cstddef>
#include <vector>

namespace ca::code_mapper {

using Edges = std::vector<std::vector<std::size_t>>;  // by node: where its edges lead

// One circle for each group of nodes that all reach each other: a shortest one through the group's first node, which it begins with.
// In order of that node. Time: linear in the edges, but for groups of which each node is looked at once more.
std::vector<std::vector<std::size_t>> find_cycles(const Edges& edges);

}  // namespace ca::code_mapper
