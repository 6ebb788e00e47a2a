// A configuration file in a folder of its own, for one test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "supervisor/config/config_reader.h"
#include "tests/support/catch.h"

namespace ca {

class ConfigFile {
 public:
  ConfigFile() {
    std::string name = (std::filesystem::temp_directory_path() / "ca-config-XXXXXX").native();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = std::filesystem::canonical(name);
  }
  ~ConfigFile() { std::filesystem::remove_all(folder_); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  explicit ConfigFile(const std::string& text) : ConfigFile() { write("c.yaml", text); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).native();
  }
  std::string path() const { return (folder_ / "c.yaml").native(); }
  std::string folder() const { return folder_.native(); }

  // The outcome with "FILE:" and the folder's name taken out of its messages.
  ReadOutcome read(bool starting = false) const {
    ReadOutcome outcome = read_configuration(path(), starting);
    for (auto* lines : {&outcome.errors, &outcome.warnings}) {
      for (std::string& line : *lines) {
        if (line.starts_with(path() + ":")) line.erase(0, path().size() + 1);
        for (std::size_t at; (at = line.find(folder())) != std::string::npos;) line.replace(at, folder().size(), "DIR");
      }
    }
    return outcome;
  }

 private:
  std::filesystem::path folder_;
};

// The plan of a text that must be valid.
inline Plan plan_of(const std::string& text, bool starting = false) {
  const ReadOutcome outcome = ConfigFile(text).read(starting);
  for (const std::string& error : outcome.errors) UNSCOPED_INFO(error);
  REQUIRE(outcome.plan.has_value());
  return *outcome.plan;
}

// The errors of a text, joined by newlines.
inline std::string errors_of(const std::string& text, bool starting = false) {
  const ReadOutcome outcome = ConfigFile(text).read(starting);
  CHECK(outcome.plan.has_value() == outcome.errors.empty());
  std::string all;
  for (const std::string& error : outcome.errors) all += (all.empty() ? "" : "\n") + error;
  return all;
}

}  // namespace ca
