// What this glance-api receives now: while it lives, so do they.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "glance/messages.hpp"

namespace glance::api {

// Thread-safe. Outlives what add() gives.
class RunningUploads {
 public:
  // An upload that runs until this is destroyed.
  class Running {
   public:
    Running(RunningUploads& uploads, std::string id, std::string operation)
        : uploads_(uploads), key_(std::move(operation), std::move(id)) {
      const std::lock_guard lock(uploads_.mutex_);
      uploads_.keys_.insert(key_);
    }
    ~Running() {
      const std::lock_guard lock(uploads_.mutex_);
      uploads_.keys_.erase(key_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    RunningUploads& uploads_;
    const std::pair<std::string, std::string> key_;
  };

  // What tells the registry so, of each.
  [[nodiscard]] std::vector<ContinueUpload> list() const {
    std::vector<ContinueUpload> all;
    const std::lock_guard lock(mutex_);
    for (const auto& [operation, id] : keys_) all.push_back({id, operation});
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> keys_;  // operation, image
};

}  // namespace glance::api
