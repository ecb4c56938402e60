// The other back ends of this process: what moves from one to another is copied here.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cinder/drivers/volume/provider.hpp"

namespace cinder::volume {

// Thread-safe. Shared by all back ends.
class Neighbours {
 public:
  // `host`: "host@backend".
  void add(const std::string& host, std::shared_ptr<drivers::Provider> provider) {
    const std::lock_guard lock(mutex_);
    providers_[host] = std::move(provider);
  }
  // Null: there is none of that name here.
  [[nodiscard]] std::shared_ptr<drivers::Provider> find(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    const auto found = providers_.find(host);
    return found == providers_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<drivers::Provider>> providers_;
};

}  // namespace cinder::volume
