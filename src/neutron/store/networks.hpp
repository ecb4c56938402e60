// Networks, their segments and who they are shared with.
#pragma once

#include "neutron/store/fragments.hpp"

namespace neutron::store {

struct NetworkRow {
  static constexpr std::string_view kTable = "networks";
  std::string id;
  std::string project_id;
  std::string name;
  std::string description;
  bool admin_state_up = true;
  std::string status;
  int64_t mtu = 0;
  bool port_security_enabled = true;
  bool is_default = false;
  std::string tags = "[]";  // JSON array
  int64_t revision_number = 1;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(NetworkRow, (),
                      (id, project_id, name, description, admin_state_up, status, mtu,
                       port_security_enabled, is_default, tags, revision_number, created_at,
                       updated_at))

struct SegmentRow {
  static constexpr std::string_view kTable = "network_segments";
  std::string network_id;
  std::string network_type;
  std::string physical_network;
  std::optional<int64_t> segmentation_id;  // of flat 0, of local none
};
BOOST_DESCRIBE_STRUCT(SegmentRow, (), (network_id, network_type, physical_network, segmentation_id))

struct Network {
  NetworkRow row;
  SegmentRow segment;
  std::vector<std::string> subnets;  // ids
  bool shared = false;               // with the asking project, or with all
  bool external = false;
  std::string ipv4_address_scope;  // ids, or empty
  std::string ipv6_address_scope;
};

// `project_id` is who asks: what is shared with it counts as shared.
[[nodiscard]] std::vector<Network> list_networks(platform::Session& session, const ListQuery& query,
                                                 const std::string& project_id);
[[nodiscard]] std::optional<Network> find_network(platform::Session& session, const std::string& id,
                                                  const std::string& project_id);
[[nodiscard]] std::optional<NetworkRow> find_network_row(platform::Session& session,
                                                         const std::string& id);
// Keeps all others who lock it off the network until the transaction ends; first of all where ports
// and subnets of a network change, or those who count and choose at the same time would deadlock.
// False: there is no such network.
bool lock_network(platform::Session& session, const std::string& id);

}  // namespace neutron::store
