#include "platform/health.hpp"

#include <map>
#include <mutex>

namespace platform {

struct Health::State {
  mutable std::mutex mutex;
  std::map<std::string, std::string> problems;
};

Health::Health() : state_(std::make_unique<State>()) {}
Health::~Health() = default;

void Health::mend(const std::string& part) {
  const std::lock_guard lock(state_->mutex);
  state_->problems.erase(part);
}

void Health::report(const std::string& part, const std::string& reason) {
  const std::lock_guard lock(state_->mutex);
  state_->problems[part] = reason;
}

std::vector<Health::Problem> Health::problems() const {
  std::vector<Problem> all;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [part, reason] : state_->problems) all.push_back({part, reason});
  return all;
}

Health& health() {
  // Never destroyed: threads may report while the program exits.
  static auto* instance = new Health;
  return *instance;
}

}  // namespace platform
