// Ports: the rules of the core plugin.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// A MAC that no port of the network has.
[[nodiscard]] std::string generate_mac(Core& core, platform::Session& session,
                                       const std::string& network_id);

// Thread-safe.
class Ports {
 public:
  explicit Ports(Core& core) : core_(core) {}
  using Entity = store::Port;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  // The same, without keeping them: for lists that are written as they are read.
  void each(const openstack::Context& context, const store::ListQuery& query,
            const std::function<void(const Entity&)>& each);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

  // What the L2 agent of `host` says of its ports. Those that are not bound there are left alone.
  void set_status(const std::string& host, const std::vector<std::string>& ids,
                  std::string_view status);

 private:
  Entity create_one(platform::Session& session, Changes& news, const openstack::Context& context,
                    const Attributes& request);
  void update_groups(platform::Session& session, Changes& news, const openstack::Context& context,
                     store::Port& port, const Attributes& changes);

  Core& core_;
};

}  // namespace neutron::app
