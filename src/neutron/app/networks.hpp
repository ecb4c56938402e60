// Networks: the rules of the core plugin.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/networks.hpp"

namespace neutron::app {

// The project of a network, whoever asks; "" if there is none.
[[nodiscard]] std::string owner_of_network(Core& core, const std::string& network_id);

// Thread-safe. Every method sees only what the context's project may see.
class Networks {
 public:
  explicit Networks(Core& core) : core_(core) {}
  using Entity = store::Network;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  // Throws Error(not_found), also for what belongs to others.
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  // The row alone.
  [[nodiscard]] store::NetworkRow get_row(const openstack::Context& context, const std::string& id);
  // All or none.
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  // With its subnets and Neutron's own ports. Throws Error(conflict) while others have ports on it.
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

 private:
  Entity create_one(platform::Session& session, const openstack::Context& context,
                    const Attributes& request);
  void set_grant(platform::Session& session, const std::string& network_id,
                 const std::string& project_id, std::string_view action, bool granted);
  [[nodiscard]] int64_t max_mtu(const store::SegmentRow& segment) const;
  [[nodiscard]] int64_t choose_mtu(const Attributes& request,
                                   const store::SegmentRow& segment) const;

  Core& core_;
};

}  // namespace neutron::app
