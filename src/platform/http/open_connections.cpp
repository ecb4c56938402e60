#include "platform/http/open_connections.hpp"

namespace platform::http {

void OpenConnections::enter(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  open_.emplace(connection.get(), connection);
}

void OpenConnections::leave(const Connection* connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  if (open_.empty()) left_.notify_all();
}

std::vector<std::shared_ptr<Connection>> OpenConnections::list() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Connection>> alive;
  for (const auto& [address, connection] : open_)
    if (auto held = connection.lock()) alive.push_back(std::move(held));
  return alive;
}

bool OpenConnections::wait_until_empty(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, grace, [&] { return open_.empty(); });
}

}  // namespace platform::http
