#include "platform/database/database.hpp"

namespace platform {

void Database::set_outlet(std::weak_ptr<Outlet> outlet) {
  const std::lock_guard lock(outlet_mutex_);
  outlet_ = std::move(outlet);
}

void Database::write_then_publish(const char* name, const std::function<void(Session&)>& work) {
  std::vector<std::function<void(Outlet&)>> to_publish;
  run_write(name, [&](Session& session) {
    session.after_commit_.clear();
    work(session);
    to_publish = std::exchange(session.after_commit_, {});
  });
  if (to_publish.empty()) return;
  std::shared_ptr<Outlet> outlet;
  {
    const std::lock_guard lock(outlet_mutex_);
    outlet = outlet_.lock();
  }
  if (!outlet) return;
  for (const auto& publish : to_publish) publish(*outlet);
}

}  // namespace platform
