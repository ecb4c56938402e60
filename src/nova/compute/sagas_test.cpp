#include "nova/compute/sagas.hpp"

#include <gtest/gtest.h>

#include <array>

#include "nova/compute/test_host.hpp"
#include "openstack/saga_checks.hpp"
#include "platform/bus/dispatcher.hpp"

namespace nova::compute {
namespace {

ServerOperation operation() {
  ServerOperation operation;
  operation.server.id = "11111111-1111-4111-8111-111111111111";
  operation.server.project_id = "project";
  operation.server.networks = {{"network", "", "", ""}};
  operation.request_id = "req-1";
  return operation;
}

openstack::SagaWorld build_world() {
  const auto world = std::make_shared<TestHost>();
  return openstack::make_saga_world(
      build_server_saga(world->host), operation(), world->runtime,
      [world] { return world->leftovers(); }, world);
}

openstack::SagaWorld terminate_world() {
  const auto world = std::make_shared<TestHost>();
  ServerOperation built = operation();
  for (const auto& step : build_server_saga(world->host).steps) step.forward(built);
  return openstack::make_saga_world(
      terminate_server_saga(world->host), built, world->runtime,
      [world] { return world->leftovers(); }, world);
}

openstack::SagaWorld rebuild_world() {
  const auto world = std::make_shared<TestHost>();
  ServerOperation built = operation();
  for (const auto& step : build_server_saga(world->host).steps) step.forward(built);
  built.server.vm_state = "active";
  return openstack::make_saga_world(
      rebuild_server_saga(world->host), built, world->runtime,
      [world] { return world->leftovers(); }, world);
}

// The conductor takes what is reported.
std::unique_ptr<platform::Subscription> start_conducting(TestHost& host) {
  platform::Dispatcher conductor;
  conductor.on<ReportServer>(
      [](const platform::Message&, const ReportServer&) { return Changed{true}; });
  return host.bus->subscribe(std::string(kConductorTopic), std::move(conductor), {});
}

openstack::SagaWorld server_image_world() {
  struct World {
    TestHost host;
    std::unique_ptr<platform::Subscription> conducting = start_conducting(host);
  };
  const auto world = std::make_shared<World>();
  ServerOperation making = operation();
  making.server.new_image = ServerImage{"22222222-2222-4222-8222-222222222222", "", 0};
  world->host.glance_service.add(making.server.new_image->image_id);
  return openstack::make_saga_world(
      make_server_image_saga(world->host.host), making, world->host.runtime,
      [world] { return world->host.leftovers(); }, world);
}

TEST(ComputeSagas, each_passes_the_four_checks) {
  openstack::register_sagas(all_sagas());
  const std::array checks{openstack::SagaCheck{kBuildServerSaga, build_world},
                          openstack::SagaCheck{kTerminateServerSaga, terminate_world, false},
                          openstack::SagaCheck{kRebuildServerSaga, rebuild_world, false},
                          openstack::SagaCheck{kMakeServerImageSaga, server_image_world}};
  EXPECT_EQ(openstack::check_all_sagas(all_sagas(), checks), std::vector<std::string>{});
}

TEST(ComputeSagas, a_rebuilt_server_keeps_its_ports_and_a_stopped_one_stays_stopped) {
  const auto world = std::make_shared<TestHost>();
  ServerOperation server = operation();
  for (const auto& step : build_server_saga(world->host).steps) step.forward(server);
  const auto ports = world->neutron_service.ports();
  server.server.vm_state = "stopped";

  for (const auto& step : rebuild_server_saga(world->host).steps) step.forward(server);

  EXPECT_EQ(world->neutron_service.ports(), ports);
  EXPECT_EQ(world->hypervisor.power_state(server.server.id), drivers::PowerState::none);
  EXPECT_EQ(world->disk_table->servers.count(server.server.id), 1U);
}

TEST(ComputeSagas, a_terminated_server_leaves_nothing) {
  openstack::register_sagas(all_sagas());
  const auto world = std::make_shared<TestHost>();
  ServerOperation server = operation();
  for (const auto& step : build_server_saga(world->host).steps) step.forward(server);
  ASSERT_EQ(world->leftovers().size(), 4U);

  for (const auto& step : terminate_server_saga(world->host).steps) step.forward(server);

  EXPECT_EQ(world->leftovers(), std::vector<std::string>{});
}

}  // namespace
}  // namespace nova::compute
