// Revocation events: kept as long as a token that they reject could live.
#pragma once

#include "keystone/store/entity.hpp"
#include "openstack/token.hpp"

namespace keystone::store {

void insert_revocation(platform::Session& session, const std::string& id,
                       const openstack::RevocationEvent& event);
[[nodiscard]] std::vector<openstack::RevocationEvent> list_revocations(
    platform::Session& session, std::optional<base::TimePoint> since = {});
void delete_revocations_before(platform::Session& session, base::TimePoint time);

}  // namespace keystone::store
