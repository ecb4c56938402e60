// One operation at a time on a thing, within a process.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "platform/executor.hpp"

namespace openstack {

// Thread-safe.
class Slots {
 public:
  explicit Slots(platform::Executor& executor) : executor_(executor) {}

  // Waits until nobody else has the thing with this id.
  class Slot {
   public:
    Slot(Slots& slots, std::string id);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    Slots& slots_;
    std::string id_;
  };
  // What somebody works on.
  [[nodiscard]] std::set<std::string> list_taken();

 private:
  bool take(const std::string& id);
  platform::Executor& executor_;
  std::mutex mutex_;
  std::set<std::string> taken_;
};

}  // namespace openstack
