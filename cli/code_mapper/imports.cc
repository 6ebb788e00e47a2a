// What the imports of a whole Python project show: those that lead nowhere, and those that lead back.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "analysis/frontends/python_text.h"
#include "cli/code_mapper/project.h"

namespace ca::code_mapper {
namespace {

using analysis::Import;
using analysis::Issue;
using analysis::Severity;

struct Modules {
  std::map<std::string, std::size_t> index;  // name -> file
  std::set<std::string> packages;            // every folder above a module, as a dotted name
};

Modules find_modules(const Project& project) {
  Modules modules;
  for (std::size_t i = 0; i < project.files.size(); ++i) {
    const MappedFile& file = project.files[i];
    if (file.language != analysis::Language::python) continue;
    std::string name = analysis::python::module_name(file.path);
    modules.index.emplace(name, i);
    for (std::size_t dot = name.rfind('.'); dot != std::string::npos; dot = name.rfind('.')) {
      name.resize(dot);
      modules.packages.insert(name);
    }
  }
  return modules;
}

// The dotted name that an import of `file` is about; empty where its dots lead out of the project.
std::string absolute_target(const MappedFile& file, const Import& import) {
  if (import.relative_level == 0) return import.target;
  std::string base = analysis::python::module_name(file.path);
  bool is_package = file.path.ends_with("__init__.py") || file.path.ends_with("__init__.pyi");
  for (int level = is_package ? 1 : 0; level < import.relative_level; ++level) {
    std::size_t dot = base.rfind('.');
    base.resize(dot == std::string::npos ? 0 : dot);
  }
  if (base.empty() || import.target.empty()) return base.empty() ? import.target : base;
  return base + "." + import.target;
}

Issue issue_at(const char* id, Severity severity, std::string message, std::uint32_t line) {
  return {id, severity, std::move(message), {line, line, 0, 0}};
}

struct Search {  // for a module on a cycle of imports, Tarjan's algorithm with a stack of its own
  explicit Search(const std::vector<std::vector<std::size_t>>& the_edges)
      : edges(the_edges), order(the_edges.size(), 0), low(the_edges.size(), 0), on_stack(the_edges.size(), false) {}

  const std::vector<std::vector<std::size_t>>& edges;
  std::vector<std::size_t> order, low;
  std::vector<bool> on_stack;
  std::vector<std::size_t> stack;
  std::size_t counter = 0;
  std::vector<std::vector<std::size_t>> cycles;

  void visit(std::size_t start) {
    std::vector<std::pair<std::size_t, std::size_t>> path = {{start, 0}};
    open(start);
    while (!path.empty()) {
      auto& [node, edge] = path.back();
      if (edge < edges[node].size()) {
        std::size_t target = edges[node][edge++];
        if (order[target] == 0) {
          open(target);
          path.emplace_back(target, 0);
        } else if (on_stack[target]) {
          low[node] = std::min(low[node], order[target]);
        }
        continue;
      }
      std::size_t done = node;
      path.pop_back();
      if (!path.empty()) low[path.back().first] = std::min(low[path.back().first], low[done]);
      if (low[done] == order[done]) close(done);
    }
  }

  void open(std::size_t node) {
    order[node] = low[node] = ++counter;
    stack.push_back(node);
    on_stack[node] = true;
  }

  void close(std::size_t root) {
    std::vector<std::size_t> group;
    std::size_t node;
    do {
      node = stack.back();
      stack.pop_back();
      on_stack[node] = false;
      group.push_back(node);
    } while (node != root);
    if (group.size() > 1) cycles.push_back(std::move(group));
  }
};

void report_cycles(Project& project, const std::vector<std::vector<std::size_t>>& edges) {
  Search search(edges);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (search.order[i] == 0) search.visit(i);
  }
  for (std::vector<std::size_t>& cycle : search.cycles) {
    std::sort(cycle.begin(), cycle.end());
    std::string names;
    for (std::size_t i = 0; i < cycle.size() && i < 8; ++i) names += (i > 0 ? ", " : "") + project.files[cycle[i]].shown;
    if (cycle.size() > 8) names += ", ...";
    project.files[cycle.front()].facts.issues.push_back(
        issue_at("circular-import", Severity::warning, "modules import each other in a circle: " + names, 1));
  }
}

}  // namespace

void check_imports(Project& project) {
  const Modules modules = find_modules(project);
  std::vector<std::vector<std::size_t>> edges(project.files.size());
  for (std::size_t i = 0; i < project.files.size(); ++i) {
    MappedFile& file = project.files[i];
    if (file.language != analysis::Language::python) continue;
    for (const Import& import : file.facts.imports) {
      const std::string target = absolute_target(file, import);
      if (target.empty()) continue;
      auto found = modules.index.find(import.name.empty() ? target : target + "." + import.name);
      if (found == modules.index.end()) found = modules.index.find(target);
      if (found != modules.index.end()) {
        if (import.at_top_level && found->second != i) edges[i].push_back(found->second);
        continue;
      }
      const std::string top = target.substr(0, target.find('.'));
      bool is_ours = import.relative_level > 0 || modules.packages.count(top) > 0;
      bool is_package = modules.packages.count(target) > 0;
      if (!is_ours || is_package) continue;
      file.facts.issues.push_back(issue_at("unresolved-import", Severity::warning,
                                           "import of the project's own module " + target + " that is not there", import.line));
    }
  }
  report_cycles(project, edges);
}

}  // namespace ca::code_mapper
