// Pools that subnets are cut from, and the scopes within which their addresses are unique.
#pragma once

#include "neutron/store/fragments.hpp"

namespace neutron::store {

struct SubnetPoolRow {
  static constexpr std::string_view kTable = "subnetpools";
  std::string id;
  std::string project_id;
  std::string name;
  std::string description;
  int64_t ip_version = 4;
  std::string prefixes = "[]";  // JSON: [CIDR], compacted and sorted
  int64_t default_prefixlen = 0;
  int64_t min_prefixlen = 0;
  int64_t max_prefixlen = 0;
  std::optional<int64_t> default_quota;
  std::string address_scope_id;
  bool shared = false;
  bool is_default = false;
  std::string tags = "[]";
  int64_t revision_number = 0;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(SubnetPoolRow, (),
                      (id, project_id, name, description, ip_version, prefixes, default_prefixlen,
                       min_prefixlen, max_prefixlen, default_quota, address_scope_id, shared,
                       is_default, tags, revision_number, created_at, updated_at))

struct AddressScopeRow {
  static constexpr std::string_view kTable = "address_scopes";
  std::string id;
  std::string project_id;
  std::string name;
  int64_t ip_version = 4;
  bool shared = false;
};
BOOST_DESCRIBE_STRUCT(AddressScopeRow, (), (id, project_id, name, ip_version, shared))

}  // namespace neutron::store
