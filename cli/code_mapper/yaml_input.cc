#include "cli/code_mapper/yaml_input.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>
#include <unordered_map>
#include <vector>

namespace ca::code_mapper {

namespace {

struct Refused {
  std::string reason;
};

// Measures a document without keeping it.
class Measure : public YAML::EventHandler {
 public:
  explicit Measure(std::size_t limit) : limit_(limit) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { add(1, anchor); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override { add(sizes_[anchor], 0); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    add(1 + value.size(), anchor);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YAML::anchor_t anchor;
    std::size_t size_before;
  };

  void add(std::size_t size, YAML::anchor_t anchor) {
    size_ += size;
    if (size_ > limit_) throw Refused{"more than " + std::to_string(limit_) + " bytes of values, aliases included"};
    if (anchor != 0) sizes_[anchor] = size;
  }

  void open(YAML::anchor_t anchor) {
    if (open_.size() >= yaml_depth_limit) {
      throw Refused{"nested deeper than " + std::to_string(yaml_depth_limit) + " levels"};
    }
    open_.push_back({anchor, size_});
    add(1, anchor);
  }

  void close() {
    const Open done = open_.back();
    open_.pop_back();
    if (done.anchor != 0) sizes_[done.anchor] = size_ - done.size_before;
  }

  const std::size_t limit_;
  std::size_t size_ = 0;  // of all values so far
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::size_t> sizes_;
};

}  // namespace

Result<YAML::Node> load_yaml(const std::string& text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return failure("longer than " + std::to_string(max_bytes) + " bytes");
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Measure measure(2 * max_bytes);  // an escape of two bytes may stand for three
    parser.HandleNextDocument(measure);
  } catch (const Refused& refused) {
    return failure(refused.reason);
  }
  return YAML::Load(text);
}

}  // namespace ca::code_mapper
