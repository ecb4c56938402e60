// What this glance-api works on now: while it lives, so do they.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace glance::api {

// `Heartbeat` is the message {id, operation} that tells the registry so. Thread-safe. Outlives what
// add() gives.
template <class Heartbeat>
class RunningWork {
 public:
  // A piece of work that runs until this is destroyed.
  class Running {
   public:
    Running(RunningWork& work, std::string id, std::string operation)
        : work_(work), key_(std::move(operation), std::move(id)) {
      const std::lock_guard lock(work_.mutex_);
      work_.keys_.insert(key_);
    }
    ~Running() {
      const std::lock_guard lock(work_.mutex_);
      work_.keys_.erase(key_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    RunningWork& work_;
    const std::pair<std::string, std::string> key_;
  };

  [[nodiscard]] std::vector<Heartbeat> list() const {
    std::vector<Heartbeat> all;
    const std::lock_guard lock(mutex_);
    for (const auto& [operation, id] : keys_) all.push_back({id, operation});
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> keys_;  // operation, id
};

}  // namespace glance::api
