// Addresses for ports: chosen inside the transaction that takes them, so that the unique key of
// (subnet, address) is the only judge.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// What a port may be given: as `fixed_ips` of a request.
struct AddressRequest {
  std::string subnet_id;   // or empty
  std::string ip_address;  // or empty
};
[[nodiscard]] std::vector<AddressRequest> address_requests(const Attributes& attributes);

// Takes the addresses that the request asks for; without a request, one of any IPv4 subnet and one
// of any IPv6 subnet with pools; in both cases one of every subnet whose addresses follow from the
// MAC. Those that the port has already and are asked for again stay. The port's row must exist, and
// its network be locked. Throws Error(bad_request | conflict) with Neutron's words.
void assign_addresses(Core& core, platform::Session& session, store::Port& port,
                      const std::optional<std::vector<AddressRequest>>& request);

// One more address, of this subnet, which is as the locked network has it now and is changed with
// it. False: it has none left.
bool add_address(platform::Session& session, store::Port& port, store::SubnetRow& subnet);

}  // namespace neutron::app
