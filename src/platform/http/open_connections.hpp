// Which connections a server has.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace platform::http {

class Connection;

// Thread-safe.
class OpenConnections {
 public:
  void enter(const std::shared_ptr<Connection>& connection);
  // Its destructor says so.
  void leave(const Connection* connection);
  // Those that are alive, held so that they stay so.
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> list();
  // False: there still are some when `grace` is over.
  [[nodiscard]] bool wait_until_empty(std::chrono::milliseconds grace);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> open_;  // guarded by mutex_
};

}  // namespace platform::http
