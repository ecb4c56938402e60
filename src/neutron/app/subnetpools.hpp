// Subnet pools and address scopes.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/subnetpools.hpp"

namespace neutron::app {

// The pool that a subnet's request names (`subnetpool_id`, `use_default_subnetpool`); nullopt if it
// names none.
[[nodiscard]] std::optional<store::SubnetPoolRow> find_pool_for(platform::Session& session,
                                                                const openstack::Context& context,
                                                                const Attributes& request,
                                                                int64_t ip_version);
// A prefix of the pool that no subnet has: the one asked for, or a free one of that length
// (default: the pool's). As CIDR text.
[[nodiscard]] std::string allocate_from_pool(Core& core, platform::Session& session,
                                             const store::SubnetPoolRow& pool,
                                             const std::string& asked_cidr,
                                             std::optional<int64_t> prefix_length,
                                             const std::string& project_id);

// Thread-safe.
class SubnetPools {
 public:
  explicit SubnetPools(Core& core) : core_(core) {}
  using Entity = store::SubnetPoolRow;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

 private:
  Core& core_;
};

// Thread-safe.
class AddressScopes {
 public:
  explicit AddressScopes(Core& core) : core_(core) {}
  using Entity = store::AddressScopeRow;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

 private:
  Core& core_;
};

}  // namespace neutron::app
