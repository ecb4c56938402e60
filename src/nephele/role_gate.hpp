// The way from one role to another of the same process.
#pragma once

#include <condition_variable>
#include <mutex>

#include "openstack/role.hpp"

namespace nephele {

// Lets requests in to a role while it is there. Thread-safe.
class RoleGate {
 public:
  // The role outlives close().
  void open(openstack::Role& role);
  // Returns when nobody is with the role any more; who comes later is told that it is not there.
  void close();

  using Visit = platform::http::Response (*)(openstack::Role& role,
                                             platform::http::Request& request);
  // What the role answers; 503 if it is not there yet, or not any more.
  platform::http::Response pass(platform::http::Request& request, Visit visit);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  openstack::Role* role_ = nullptr;
  int inside_ = 0;
};

}  // namespace nephele
