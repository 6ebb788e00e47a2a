#include "cli/code_mapper/cycles.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace ca::code_mapper {
namespace {

// Tarjan's algorithm with a stack of its own, so that no chain of imports is too long.
class Groups {
 public:
  explicit Groups(const Edges& edges) : edges_(edges), order_(edges.size(), 0), low_(edges.size(), 0), on_stack_(edges.size(), false) {
    for (std::size_t node = 0; node < edges.size(); ++node) {
      if (order_[node] == 0) visit(node);
    }
  }

  std::vector<std::vector<std::size_t>> found;  // those of two nodes or more

 private:
  void visit(std::size_t start) {
    std::vector<std::pair<std::size_t, std::size_t>> path = {{start, 0}};
    open(start);
    while (!path.empty()) {
      auto& [node, edge] = path.back();
      if (edge < edges_[node].size()) {
        const std::size_t target = edges_[node][edge++];
        if (order_[target] == 0) {
          open(target);
          path.emplace_back(target, 0);
        } else if (on_stack_[target]) {
          low_[node] = std::min(low_[node], order_[target]);
        }
        continue;
      }
      const std::size_t done = node;
      path.pop_back();
      if (!path.empty()) low_[path.back().first] = std::min(low_[path.back().first], low_[done]);
      if (low_[done] == order_[done]) close(done);
    }
  }

  void open(std::size_t node) {
    order_[node] = low_[node] = ++counter_;
    stack_.push_back(node);
    on_stack_[node] = true;
  }

  void close(std::size_t root) {
    std::vector<std::size_t> group;
    std::size_t node;
    do {
      node = stack_.back();
      stack_.pop_back();
      on_stack_[node] = false;
      group.push_back(node);
    } while (node != root);
    if (group.size() > 1) found.push_back(std::move(group));
  }

  const Edges& edges_;
  std::vector<std::size_t> order_, low_, stack_;
  std::vector<bool> on_stack_;
  std::size_t counter_ = 0;
};

// A shortest way from `start` back to it within the group.
std::vector<std::size_t> way_round(const Edges& edges, const std::vector<std::size_t>& group, std::size_t start) {
  std::map<std::size_t, std::size_t> came_from;
  std::deque<std::size_t> next = {start};
  while (!next.empty()) {
    const std::size_t node = next.front();
    next.pop_front();
    for (const std::size_t target : edges[node]) {
      if (target == start) {
        std::vector<std::size_t> way;
        for (std::size_t at = node; at != start; at = came_from[at]) way.push_back(at);
        way.push_back(start);
        std::reverse(way.begin(), way.end());
        return way;
      }
      if (!std::binary_search(group.begin(), group.end(), target)) continue;
      if (came_from.emplace(target, node).second) next.push_back(target);
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<std::size_t>> find_cycles(const Edges& edges) {
  Groups groups(edges);
  std::vector<std::vector<std::size_t>> cycles;
  for (std::vector<std::size_t>& group : groups.found) {
    std::sort(group.begin(), group.end());
    cycles.push_back(way_round(edges, group, group.front()));
  }
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

}  // namespace ca::code_mapper
