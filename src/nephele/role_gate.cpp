#include "nephele/role_gate.hpp"

#include "base/scope_exit.hpp"

namespace nephele {

void RoleGate::open(openstack::Role& role) {
  const std::lock_guard lock(mutex_);
  role_ = &role;
}

void RoleGate::close() {
  std::unique_lock lock(mutex_);
  role_ = nullptr;
  left_.wait(lock, [this] { return inside_ == 0; });
}

platform::http::Response RoleGate::pass(platform::http::Request& request, Visit visit) {
  openstack::Role* role = nullptr;
  {
    const std::lock_guard lock(mutex_);
    role = role_;
    if (role) ++inside_;
  }
  if (!role) {
    platform::http::Response response;
    response.status = 503;
    return response;
  }
  const base::ScopeExit leave([this] {
    const std::lock_guard lock(mutex_);
    --inside_;
    left_.notify_all();
  });
  return visit(*role, request);
}

}  // namespace nephele
