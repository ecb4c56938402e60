// Security groups and their rules.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/security_groups.hpp"

namespace neutron::app {

// The project's default group, made with the standard rules if it is not there: out anywhere, in
// from the group itself. Its id.
std::string ensure_default_group(Core& core, platform::Session& session,
                                 const std::string& project_id);

// The number of an IP protocol given by name or number; nullopt for neither.
[[nodiscard]] std::optional<int64_t> protocol_number(std::string_view protocol,
                                                     std::string_view ethertype);

// Thread-safe.
class SecurityGroups {
 public:
  explicit SecurityGroups(Core& core) : core_(core) {}
  using Entity = store::SecurityGroup;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);
  // Makes the default group of the context's project: every list shows it.
  void ensure_default(const openstack::Context& context);

 private:
  Core& core_;
};

// Thread-safe.
class SecurityGroupRules {
 public:
  explicit SecurityGroupRules(Core& core) : core_(core) {}
  using Entity = store::RuleRow;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

 private:
  Entity create_one(platform::Session& session, const openstack::Context& context,
                    const Attributes& request);
  Core& core_;
};

}  // namespace neutron::app
