// Where servers go, and what happens when hosts fail them.
#include <gtest/gtest.h>

#include "nova/app/reaper.hpp"
#include "nova/scheduler/placement.hpp"
#include "nova/store/instances.hpp"
#include "nova_world.hpp"
#include "service_database.hpp"

namespace {

using nova::scheduler::Decision;
using nova::scheduler::HostView;
using nova::scheduler::PlacementRequest;
using nova::scheduler::Rules;
using nova_tests::Conduct;
using nova_tests::kImage;
using nova_tests::NovaWorld;

Rules all_rules() {
  return {nova::scheduler::make_filters(nova::scheduler::known_filters()),
          nova::scheduler::make_weighers({})};
}

void add_host(HostView& hosts, const std::string& name, int32_t memory) {
  const size_t i = hosts.ensure(name);
  hosts.zones.set(i, "nova");
  hosts.free_vcpus[i] = 8;
  hosts.free_memory_mib[i] = memory;
  hosts.free_disk_gib[i] = 100;
  hosts.enabled[i] = 1;
  hosts.last_seen_us[i] = 1000;
}

TEST(NovaPlacement, takes_the_emptiest_host_that_passes_every_filter) {
  HostView hosts;
  add_host(hosts, "small", 256);
  add_host(hosts, "middle", 1024);
  add_host(hosts, "large", 4096);
  add_host(hosts, "down", 9999);
  hosts.last_seen_us[3] = 10;
  PlacementRequest request;
  request.memory_mib = 512;
  request.alive_after_us = 500;

  const Decision decision = place(hosts, request, all_rules(), platform::system_random());

  EXPECT_EQ(decision.host, "large");
  EXPECT_EQ(decision.filters.front().filter, "ComputeFilter");
  EXPECT_EQ(decision.filters.front().passed, 3);
}

TEST(NovaPlacement, obeys_groups_and_hints) {
  HostView hosts;
  for (const char* name : {"a", "b", "c"}) add_host(hosts, name, 1024);
  const auto placed = [&](const PlacementRequest& request) {
    return place(hosts, request, all_rules(), platform::system_random()).host;
  };
  PlacementRequest apart;
  apart.group_policy = "anti-affinity";
  apart.group_hosts = {"a", "b"};
  PlacementRequest together;
  together.group_policy = "affinity";
  together.group_hosts = {"b"};
  PlacementRequest elsewhere;
  elsewhere.apart_from = {"a"};
  elsewhere.tried = {"c"};
  PlacementRequest nowhere;
  nowhere.zone = "other";

  EXPECT_EQ(placed(apart), "c");
  EXPECT_EQ(placed(together), "b");
  EXPECT_EQ(placed(elsewhere), "b");
  EXPECT_EQ(placed(nowhere), "");
}

TEST(NovaScheduling, tries_another_host_when_one_fails) {
  NovaWorld world({{"host-a", "host-b"}, {}});
  world.make_flavor();
  world.conduct("host-a", Conduct::fails);
  for (int i = 0; i < 4; ++i) {
    const std::string id = world.make_server();

    EXPECT_TRUE(world.wait_for_status(id, "ACTIVE"));
    EXPECT_EQ(
        world.send("admin", "GET", "/v2.1/servers/" + id).text("server", "OS-EXT-SRV-ATTR:host"),
        "host-b");
  }
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM allocations WHERE host='host-a'"), 0);
}

TEST(NovaScheduling, ends_in_error_with_the_reason_when_every_host_fails) {
  NovaWorld world({{"host-a", "host-b"}, {}});
  world.make_flavor();
  world.conduct("host-a", Conduct::fails);
  world.conduct("host-b", Conduct::fails);

  const std::string id = world.make_server();

  ASSERT_TRUE(world.wait_for_status(id, "ERROR"));
  EXPECT_FALSE(world.get("/v2.1/servers/" + id).text("server", "fault", "message").empty());
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM allocations"), 0);
  EXPECT_EQ(world.send("demo", "DELETE", "/v2.1/servers/" + id).status, 204);
  EXPECT_EQ(world.get("/v2.1/servers/" + id).status, 404);
}

TEST(NovaScheduling, does_not_try_elsewhere_what_fails_everywhere) {
  NovaWorld world({{"host-a", "host-b"}, {}});
  world.make_flavor();
  world.conduct("host-a", Conduct::fails_for_good);
  world.conduct("host-b", Conduct::fails_for_good);

  const std::string id = world.make_server();

  ASSERT_TRUE(world.wait_for_status(id, "ERROR"));
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM scheduling_decisions"), 1);
}

TEST(NovaScheduling, finds_no_host_for_what_fits_nowhere) {
  NovaWorld world;
  world.make_flavor("1", 1, 16000, 1);

  const std::string id = world.make_server();

  ASSERT_TRUE(world.wait_for_status(id, "ERROR"));
  EXPECT_TRUE(world.get("/v2.1/servers/" + id)
                  .text("server", "fault", "message")
                  .starts_with("No valid host was found. "));
  const std::string why = nova::explain(world.database(), id);
  EXPECT_NE(why.find("no valid host was found"), std::string::npos) << why;
  EXPECT_NE(why.find("RamFilter"), std::string::npos) << why;
}

TEST(NovaScheduling, never_promises_more_than_hosts_have) {
  // 2 hosts of 8192 MiB: 8 servers of 2048 MiB fit, of 12 that are asked for at once.
  NovaWorld world({{"host-a", "host-b"}, {{"quota/cores", "-1"}, {"quota/instances", "-1"}}});
  world.make_flavor("1", 1, 2048, 1);
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(world.make_server());

  int active = 0;
  for (const std::string& id : ids) {
    for (int i = 0; i < 500; ++i) {
      const std::string status = world.get("/v2.1/servers/" + id).text("server", "status");
      if (status == "ACTIVE") ++active;
      if (status != "BUILD") break;
      world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
    }
  }

  EXPECT_EQ(active, 8);
  EXPECT_EQ(world.count("SELECT MAX(m) FROM (SELECT SUM(memory_mib) AS m FROM allocations GROUP "
                        "BY host) sums"),
            8192);
}

TEST(NovaScheduling, keeps_anti_affine_servers_apart) {
  NovaWorld world({{"host-a", "host-b"}, {}});
  world.make_flavor();
  const auto group = world.post("/v2.1/os-server-groups",
                                R"({"server_group":{"name":"g","policies":["anti-affinity"]}})");
  ASSERT_EQ(group.status, 200) << group.body;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(world
                      .post("/v2.1/servers",
                            std::string(R"({"server":{"name":"s","flavorRef":"1","imageRef":")") +
                                kImage + R"("},"os:scheduler_hints":{"group":")" +
                                group.text("server_group", "id") + R"("}})")
                      .text("server", "id"));

  EXPECT_TRUE(world.wait_for_status(ids[0], "ACTIVE") || world.wait_for_status(ids[0], "ERROR"));
  for (int i = 0; i < 500 && world.count("SELECT COUNT(*) FROM instances WHERE task_state<>''") > 0;
       ++i)
    world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
  EXPECT_EQ(world.count("SELECT COUNT(DISTINCT host) FROM instances WHERE vm_state='active'"), 2);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM instances WHERE vm_state='error'"), 1);
}

// Makes everything in progress overdue, and the hosts' last report too old if `down`.
void let_time_pass(NovaWorld& world, bool down) {
  service_database::beneath(world.database()).write("test", [&](platform::Session& session) {
    session.execute("UPDATE instances SET task_deadline=1 WHERE task_deadline>0", {});
    if (down)
      session.execute("UPDATE services SET last_seen_at=1 WHERE binary_name='nova-compute'", {});
  });
}

TEST(NovaReaper, asks_an_owner_again_that_let_a_message_fall) {
  NovaWorld world({{"host-a"}, {{"DEFAULT/report_interval", "1"}}});
  world.make_flavor();
  world.conduct("host-a", Conduct::ignores);
  const std::string id = world.make_server();
  for (int i = 0; i < 500 && world.count("SELECT COUNT(*) FROM allocations") == 0; ++i)
    world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
  world.conduct("host-a", Conduct::builds);

  let_time_pass(world, false);

  EXPECT_TRUE(world.wait_for_status(id, "ACTIVE"));
}

// Of a host that had built it and died before it was heard: it could not do so again afterwards.
TEST(NovaConductor, believes_in_no_success_of_a_build_that_is_being_undone) {
  NovaWorld world;
  world.make_flavor();
  world.conduct("host-a", Conduct::ignores);
  const std::string id = world.make_server();
  for (int i = 0; i < 500 && world.count("SELECT COUNT(*) FROM allocations") == 0; ++i)
    world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
  nova::ReportServer built;
  built.host = "host-a";
  built.server_id = id;
  built.operation_id = world.database().read([&](platform::Session& session) {
    return nova::store::find_instance(session, id)->operation_id;
  });
  built.vm_state = "active";
  built.finished = true;
  nova::SaveSaga turned_back;
  turned_back.host = built.host;
  turned_back.progress.operation_id = built.operation_id;
  turned_back.progress.phase = openstack::SagaPhase::undoing;
  static_cast<void>(world.call(turned_back));

  EXPECT_FALSE(world.call(built).changed);
  EXPECT_EQ(world.get("/v2.1/servers/" + id).text("server", "status"), "BUILD");

  built.outcome = "Error";
  EXPECT_TRUE(world.call(built).changed);
}

TEST(NovaReaper, ends_the_growth_of_a_volume_of_which_no_host_has_told_the_guest) {
  NovaWorld world({{"host-a"}, {{"DEFAULT/report_interval", "1"}}});
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  ASSERT_EQ(world
                .send("admin", "POST", "/v2.1/os-server-external-events",
                      R"({"events":[{"name":"volume-extended","server_uuid":")" + id +
                          R"(","tag":"33333333-3333-4333-8333-333333333333"}]})",
                      "2.51")
                .status,
            200);
  const auto ended = [&](const std::string& result) {
    return world.count(
        "SELECT COUNT(*) FROM instance_events WHERE event='compute_extend_volume' AND " + result);
  };
  ASSERT_EQ(ended("finished_at IS NULL"), 1);

  service_database::beneath(world.database()).write("test", [&](platform::Session& session) {
    session.execute("UPDATE instance_events SET started_at=1", {});
  });

  for (int i = 0; i < 500 && ended("result='Error'") == 0; ++i)
    world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
  EXPECT_EQ(ended("result='Error'"), 1);
}

TEST(NovaReaper, deletes_without_a_host_that_is_gone) {
  NovaWorld world({{"host-a"}, {{"DEFAULT/report_interval", "1"}}});
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  world.conduct("host-a", Conduct::ignores);
  ASSERT_EQ(world.send("demo", "DELETE", "/v2.1/servers/" + id).status, 204);

  let_time_pass(world, true);

  EXPECT_TRUE(world.wait_for_status(id, "gone"));
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM allocations"), 0);
  for (int i = 0; i < 500; ++i) {
    const auto asked = world.asked_of_neutron();
    if (!asked.empty() && asked.back().starts_with("DELETE /v2.0/ports/")) return;
    world.runtime().executor.sleep_for(std::chrono::milliseconds{10});
  }
  FAIL() << "the ports were not given back";
}

}  // namespace
