// Security groups and their rules.
#pragma once

#include "neutron/store/fragments.hpp"

namespace neutron::store {

struct SecurityGroupRow {
  static constexpr std::string_view kTable = "security_groups";
  std::string id;
  std::string project_id;
  std::string name;
  std::string description;
  std::string tags = "[]";
  int64_t revision_number = 1;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(SecurityGroupRow, (),
                      (id, project_id, name, description, tags, revision_number, created_at,
                       updated_at))

struct RuleRow {
  static constexpr std::string_view kTable = "security_group_rules";
  std::string id;
  std::string project_id;
  std::string security_group_id;
  std::string description;
  std::string direction;  // "ingress", "egress"
  std::string ethertype;  // "IPv4", "IPv6"
  std::string protocol;   // a name or number; empty: any
  int64_t port_range_min = -1;
  int64_t port_range_max = -1;
  std::string remote_ip_prefix;
  std::string remote_group_id;
  int64_t revision_number = 0;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(RuleRow, (),
                      (id, project_id, security_group_id, description, direction, ethertype,
                       protocol, port_range_min, port_range_max, remote_ip_prefix, remote_group_id,
                       revision_number, created_at, updated_at))

struct DefaultGroupRow {
  static constexpr std::string_view kTable = "default_security_groups";
  std::string project_id;
  std::string security_group_id;
};
BOOST_DESCRIBE_STRUCT(DefaultGroupRow, (), (project_id, security_group_id))

struct SecurityGroup {
  SecurityGroupRow row;
  std::vector<RuleRow> rules;
  bool shared = false;
};

[[nodiscard]] std::vector<SecurityGroup> list_security_groups(platform::Session& session,
                                                              const ListQuery& query,
                                                              const std::string& project_id);
[[nodiscard]] std::optional<SecurityGroup> find_security_group(platform::Session& session,
                                                               const std::string& id,
                                                               const std::string& project_id);
[[nodiscard]] std::vector<RuleRow> list_rules_of_group(platform::Session& session,
                                                       const std::string& group_id);
// The id of the project's default group, if it has been made.
[[nodiscard]] std::optional<std::string> find_default_group(platform::Session& session,
                                                            const std::string& project_id);

}  // namespace neutron::store
