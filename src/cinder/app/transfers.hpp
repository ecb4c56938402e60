// Volumes that go from one project to another: who has them offers, who knows the key accepts.
#pragma once

#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/transfers.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct TransferWish {
  std::string volume_id;
  std::optional<std::string> name;
  bool no_snapshots = false;  // they stay where they are
};
struct OfferedTransfer {
  store::TransferRow transfer;
  std::string auth_key;  // shown this once
};
// The volume is "awaiting-transfer". Throws Error(bad_request) unless it is available, and its
// snapshots are, if they go with it.
[[nodiscard]] OfferedTransfer create_transfer(App& app, const openstack::Context& context,
                                              const TransferWish& wish);
// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::TransferRow get_transfer(platform::Session& session,
                                              const openstack::Context& context,
                                              const std::string& id);
// The volume is the caller's. Throws Error(bad_request) for a wrong key, Error(too_large) if the
// caller's quota does not allow it.
store::TransferRow accept_transfer(App& app, const openstack::Context& context,
                                   const std::string& id, const std::string& auth_key);
// The volume is available again.
void delete_transfer(App& app, const openstack::Context& context, const std::string& id);

}  // namespace cinder::app
