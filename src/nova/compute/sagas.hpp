// The step tables of this host's operations, and the list of all of them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "nova/compute/host.hpp"
#include "openstack/saga.hpp"

namespace nova::compute {

// What a saga of a server keeps. The server's ports are filled in on the way.
struct ServerOperation {
  ServerDescription server;
  std::string request_id;
};
BOOST_DESCRIBE_STRUCT(ServerOperation, (), (server, request_id))

[[nodiscard]] openstack::Saga<ServerOperation> build_server_saga(Host& host);
// There is no way back from it: no step has an undo, a failure is tried again from the start.
[[nodiscard]] openstack::Saga<ServerOperation> terminate_server_saga(Host& host);

// There is no way back from it either, but it is not tried again: its server ends in error.
[[nodiscard]] openstack::Saga<ServerOperation> rebuild_server_saga(Host& host);

// An image of the server's local disk, which Glance has without bytes already.
[[nodiscard]] openstack::Saga<ServerOperation> make_server_image_saga(Host& host);

// Runs the server's operation, or goes on with it. Nothing if the server is gone or in another
// operation, before or meanwhile: its deletion removes what is here.
[[nodiscard]] std::optional<openstack::SagaProgress> run_operation(
    Host& host, const openstack::Saga<ServerOperation>& saga, const std::string& server_id,
    const std::string& operation_id, const std::string& request_id);

// Names of every saga of Nova: what is run must be in it, what is in it must pass the checks.
[[nodiscard]] std::span<const std::string_view> all_sagas();

}  // namespace nova::compute
