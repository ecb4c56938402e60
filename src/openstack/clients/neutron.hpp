// Neutron's API as the other services need it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/described.hpp"
#include "openstack/clients/service_session.hpp"

namespace openstack::clients {

struct FixedIp {
  std::string subnet_id;
  std::string ip_address;
};
BOOST_DESCRIBE_STRUCT(FixedIp, (), (subnet_id, ip_address))

struct Port {
  std::string id;
  std::string network_id;
  std::string project_id;
  std::string mac_address;
  std::string status;  // "ACTIVE", "DOWN", "BUILD"
  std::string device_id;
  std::string device_owner;
  std::string host;      // binding:host_id
  std::string vif_type;  // "bridge", "ovs", "unbound", "binding_failed"
  std::vector<FixedIp> fixed_ips;
  std::vector<std::string> security_groups;  // ids
};
BOOST_DESCRIBE_STRUCT(Port, (),
                      (id, network_id, project_id, mac_address, status, device_id, device_owner,
                       host, vif_type, fixed_ips, security_groups))

struct Network {
  std::string id;
  std::string name;
  std::string project_id;
  int64_t mtu = 1500;
  bool shared = false;
};

struct Subnet {
  std::string id;
  std::string network_id;
  std::string cidr;
  std::string gateway_ip;  // empty: none
  int64_t ip_version = 4;
  bool enable_dhcp = true;
  std::vector<std::string> dns_nameservers;
};

struct PortRequest {
  std::string network_id = {};
  std::string project_id = {};
  std::string device_id =
      {};  // the server's id: also the key under which a repeated create finds it
  std::string host = {};
  std::string name = {};
  std::optional<std::string> fixed_ip = {};
  std::optional<std::string> mac_address = {};
  std::optional<std::vector<std::string>> security_groups = {};
};

// Thread-safe. All throw base::Error.
class Neutron {
 public:
  Neutron(ServiceSession& session, std::string url_base)
      : session_(session), url_base_(std::move(url_base)) {}

  // Networks the project may use: its own and shared ones, or those with the given ids.
  [[nodiscard]] std::vector<Network> list_networks(const std::string& project_id,
                                                   const std::string& request_id);
  [[nodiscard]] Network get_network(const std::string& id, const std::string& request_id);
  [[nodiscard]] std::vector<Subnet> list_subnets(const std::string& network_id,
                                                 const std::string& request_id);
  // Ids of the security groups of a project with that name or id.
  [[nodiscard]] std::vector<std::string> find_security_groups(const std::string& project_id,
                                                              const std::string& name_or_id,
                                                              const std::string& request_id);
  // (id, name) of all security groups of the project.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> list_security_groups(
      const std::string& project_id, const std::string& request_id);
  [[nodiscard]] Port get_port(const std::string& id, const std::string& request_id);
  [[nodiscard]] std::vector<Port> list_ports_of_device(const std::string& device_id,
                                                       const std::string& request_id);
  [[nodiscard]] Port create_port(const PortRequest& port, const std::string& request_id);
  // No such port: nothing.
  void delete_port(const std::string& port_id, const std::string& request_id);

 private:
  ServiceSession& session_;
  std::string url_base_;
};

}  // namespace openstack::clients
