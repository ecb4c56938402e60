// Sharing of single objects with single projects.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {

// Thread-safe.
class RbacPolicies {
 public:
  explicit RbacPolicies(Core& core) : core_(core) {}
  using Entity = store::RbacPolicyRow;

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
