// Keystone: the only header that the binary needs.
#pragma once

#include <memory>
#include <span>

#include "keystone/bootstrap.hpp"
#include "openstack/role.hpp"
#include "platform/config.hpp"
#include "platform/database/migration.hpp"

namespace keystone {

[[nodiscard]] std::span<const platform::Option> options();
// Needs a migrated database and tokens.
[[nodiscard]] std::unique_ptr<openstack::Role> make_keystone(
    openstack::RoleEnvironment environment);

namespace store {
[[nodiscard]] std::span<const platform::Migration> migrations();
}

}  // namespace keystone
