// Volumes of servers, with the whole of Nova and Cinder and a compute host whose guests are fakes.
#include <gtest/gtest.h>

#include "nova/app/stray_volumes.hpp"
#include "nova/store/server_volumes.hpp"
#include "nova/store/volume_images.hpp"
#include "server_world.hpp"

namespace api_edge {
namespace {

class ServerVolumes : public ServerWorld {
 protected:
  platform::http::Response swap(const std::string& server, const std::string& old,
                                const std::string& successor, Caller caller = Caller::admin) {
    return send("nova-api", "PUT", "/v2.1/servers/" + server + "/os-volume_attachments/" + old,
                R"({"volumeAttachment":{"volumeId":")" + successor + R"("}})", caller);
  }
  [[nodiscard]] bool has(const std::string& server, const std::string& volume) {
    return send("nova-api", "GET", "/v2.1/servers/" + server + "/os-volume_attachments/" + volume)
               .status == 200;
  }
  std::string make_attached(const std::string& server) {
    std::string volume = make_volume();
    EXPECT_EQ(attach(server, volume).status, 200);
    EXPECT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));
    EXPECT_TRUE(becomes(
        [&] { return count("nova", "SELECT COUNT(*) FROM server_volumes WHERE state<>''") == 0; }));
    return volume;
  }
};

TEST_F(ServerVolumes, come_and_go) {
  const std::string server = make_server();
  const std::string volume = make_volume();

  const auto attached = attach(server, volume);
  EXPECT_EQ(attached.status, 200) << attached.body;
  EXPECT_EQ(base::get_text(base::parse_json(attached.body).at("volumeAttachment"), "device"),
            "/dev/vdb");
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));
  EXPECT_EQ(attach(server, volume).status, 400);

  EXPECT_TRUE(becomes([&] { return detach(server, volume).status == 202; }));
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "available"; }));
  EXPECT_TRUE(becomes([&] { return detach(server, volume).status == 404; }));
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM server_volumes"), 0);
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM attachments"), 0);
}

TEST_F(ServerVolumes, that_cinder_does_not_let_go_stay) {
  const std::string server = make_server();
  const std::string volume = make_attached(server);
  const auto set_status = [&](const std::string& status) {
    (void)must("cinder-api", "POST", "/v3/volumes/" + volume + "/action",
               R"({"os-reset_status":{"status":")" + status + R"("}})", Caller::admin);
  };
  set_status("maintenance");
  const auto refused = detach(server, volume);
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM server_volumes WHERE state=''"), 1);

  set_status("in-use");
  EXPECT_EQ(detach(server, volume).status, 202);
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "available"; }));
}

// The bus delivers a call twice, or the answer to a commit is lost: the host must not take back
// what has come.
TEST_F(ServerVolumes, whose_coming_is_told_twice_stay) {
  const std::string server = make_server();
  const std::string volume = make_attached(server);
  const auto row = world_.database("nova").read([&](platform::Session& session) {
    return nova::store::find_server_volume(session, server, volume).value();
  });
  const auto tell = [&](bool attached) {
    const nova::ReportVolume report{"host-a", server, row.id, "of a while ago",
                                    attached, false,  false,  ""};
    return base::to_text(
        world_.bus().call(std::string(nova::kConductorTopic),
                          {"m", "ReportVolume", 1, "req-test", nullptr, base::to_json(report)},
                          std::chrono::seconds{10}));
  };
  EXPECT_EQ(tell(true), R"({"changed":true})");
  EXPECT_EQ(tell(false), R"({"changed":false})");
  EXPECT_TRUE(has(server, volume));
}

// Who asked was told that it failed; the host is at work all the same and must keep what it got.
TEST_F(ServerVolumes, whose_answer_is_lost_come) {
  const std::string server = make_server();
  const std::string volume = make_volume();
  service_database::lose_answer(world_.database("nova"), "volume.attach");
  EXPECT_EQ(attach(server, volume).status, 503);
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM attachments"), 1);

  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));
  EXPECT_TRUE(has(server, volume));
}

// A request that died before the host was told; and a host that never did what it was told.
TEST_F(ServerVolumes, on_their_way_out_leave_or_are_given_back) {
  const std::string server = make_server();
  const std::string leaves = make_attached(server);
  const std::string stays = make_attached(server);
  for (const std::string& volume : {leaves, stays}) {
    EXPECT_EQ(send("cinder-api", "POST", "/v3/volumes/" + volume + "/action",
                   R"({"os-begin_detaching":{}})")
                  .status,
              202);
    EXPECT_EQ(volume_status(volume), "detaching");
  }
  world_.database("nova").write("left", [&](platform::Session& session) {
    session.execute(
        "UPDATE server_volumes SET state='detaching', operation_id=volume_id, task_deadline=1 "
        "WHERE server_id=?",
        {server});
    session.execute("UPDATE server_volumes SET attempts=4 WHERE server_id=? AND volume_id=?",
                    {server, stays});
    nova::store::follow_server_volumes(session, server);
  });
  EXPECT_TRUE(becomes([&] { return volume_status(leaves) == "available"; }));
  EXPECT_TRUE(becomes([&] { return volume_status(stays) == "in-use"; }));
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM server_volumes WHERE state=''"), 1);
}

// A request that died before it had written down what it had reserved.
TEST_F(ServerVolumes, that_were_reserved_for_nothing_are_free_again) {
  const std::string server = make_server();
  const std::string used = make_attached(server);
  const std::string lost = make_volume();
  nova::app::App app(world_.environment("nova-conductor"));
  (void)app.cinder.create_attachment(lost, server, "req-test");
  EXPECT_EQ(volume_status(lost), "reserved");

  nova::app::StrayVolumes stray(app);
  for (int i = 1; i < nova::app::StrayVolumes::kRounds; ++i) stray.look();
  EXPECT_EQ(volume_status(lost), "reserved");
  stray.look();
  EXPECT_EQ(volume_status(lost), "available");
  EXPECT_EQ(volume_status(used), "in-use");
}

// A request that died, or heard nothing, after Cinder had done what it was asked.
TEST_F(ServerVolumes, that_are_to_leave_and_are_not_let_go_stay) {
  const std::string server = make_server();
  const std::string leaves = make_attached(server);
  const std::string stays = make_attached(server);
  nova::app::App app(world_.environment("nova-conductor"));
  for (const std::string& volume : {leaves, stays})
    EXPECT_EQ(send("cinder-api", "POST", "/v3/volumes/" + volume + "/action",
                   R"({"os-begin_detaching":{}})")
                  .status,
              202);
  world_.database("nova").write("leaving", [&](platform::Session& session) {
    session.execute("UPDATE server_volumes SET state='detaching' WHERE server_id=? AND volume_id=?",
                    {server, leaves});
  });

  nova::app::StrayVolumes stray(app);
  for (int i = 0; i < nova::app::StrayVolumes::kRounds; ++i) stray.look();
  EXPECT_EQ(volume_status(leaves), "detaching");
  EXPECT_EQ(volume_status(stays), "in-use");
}

TEST_F(ServerVolumes, take_each_others_place) {
  const std::string server = make_server();
  const std::string first = make_attached(server);
  const std::string second = make_volume(R"("size":2)");

  const auto swapped = swap(server, first, second);
  EXPECT_EQ(swapped.status, 202) << swapped.body;
  EXPECT_TRUE(becomes([&] { return volume_status(first) == "available"; }));
  EXPECT_TRUE(becomes([&] { return volume_status(second) == "in-use"; }));
  EXPECT_TRUE(becomes([&] { return has(server, second) && !has(server, first); }));
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM attachments"), 1);

  // The first one is too small to take its place again; but it can be attached.
  EXPECT_EQ(swap(server, second, first).status, 400);
  EXPECT_EQ(attach(server, first).status, 200);
  EXPECT_TRUE(becomes([&] { return volume_status(first) == "in-use"; }));
  EXPECT_TRUE(becomes([&] { return detach(server, second).status == 202; }));
  EXPECT_TRUE(becomes([&] { return volume_status(second) == "available"; }));
}

TEST_F(ServerVolumes, that_can_not_take_a_place_change_nothing) {
  const std::string server = make_server();
  const std::string volume = make_attached(server);
  const std::string other = make_attached(server);
  const std::string fresh = make_volume();
  EXPECT_EQ(swap(server, volume, other).status, 400);
  EXPECT_EQ(swap(server, volume, "11111111-2222-4333-8444-555555555555").status, 400);
  EXPECT_EQ(swap(server, fresh, volume).status, 404);
  EXPECT_EQ(swap(server, volume, fresh, Caller::member).status, 403);
  EXPECT_EQ(
      send("nova-api", "POST", "/v2.1/servers/" + server + "/action", R"({"os-stop":null})").status,
      202);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "SHUTOFF"; }));
  const auto stopped = swap(server, volume, fresh);
  EXPECT_EQ(stopped.status, 409) << stopped.body;

  EXPECT_EQ(volume_status(volume), "in-use");
  EXPECT_EQ(volume_status(fresh), "available");
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM attachments"), 2);
}

// The host knows nothing of such a guest, so the exchange fails there.
TEST_F(ServerVolumes, whose_exchange_fails_are_as_before) {
  const std::string server = make_server();
  const std::string volume = make_attached(server);
  const std::string fresh = make_volume();
  EXPECT_EQ(
      send("nova-api", "POST", "/v2.1/servers/" + server + "/action", R"({"os-stop":null})").status,
      202);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "SHUTOFF"; }));
  world_.database("nova").write("not true", [&](platform::Session& session) {
    session.execute("UPDATE instances SET vm_state='active' WHERE id=?", {server});
  });
  EXPECT_EQ(swap(server, volume, fresh).status, 202);
  EXPECT_TRUE(becomes([&] { return volume_status(fresh) == "available"; }));
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));
  EXPECT_TRUE(becomes([&] {
    return count("nova",
                 "SELECT COUNT(*) FROM server_volumes WHERE state='' AND "
                 "new_volume_id=''") == 1;
  }));
  EXPECT_TRUE(has(server, volume));
}

TEST_F(ServerVolumes, are_one_servers_at_a_time) {
  const std::string volume = make_volume();
  const std::string first = make_server();
  const std::string second = make_server();
  ASSERT_EQ(attach(first, volume).status, 200);
  EXPECT_EQ(attach(second, volume).status, 400);
}

TEST_F(ServerVolumes, of_nobody_or_of_others_are_refused) {
  const std::string server = make_server();
  EXPECT_EQ(attach(server, "11111111-2222-4333-8444-555555555555").status, 404);
  EXPECT_EQ(send("nova-api", "POST", "/v2.1/servers/" + server + "/os-volume_attachments",
                 R"({"volumeAttachment":{"volumeId":")" + make_volume() + R"("}})", Caller::foreign)
                .status,
            404);
}

TEST_F(ServerVolumes, are_free_again_when_the_server_is_gone) {
  const std::string server = make_server();
  const std::string volume = make_volume();
  ASSERT_EQ(attach(server, volume).status, 200);
  EXPECT_EQ(send("nova-api", "DELETE", "/v2.1/servers/" + server).status, 204);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "gone"; }));
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "available"; }));
}

TEST_F(ServerVolumes, end_their_action_when_their_server_goes) {
  const std::string server = make_server();
  (void)make_attached(server);
  service_database::beneath(world_.database("nova"))
      .write("on its way", [&](platform::Session& session) {
        session.execute(
            "UPDATE server_volumes SET state='attaching', operation_id=(SELECT "
            "operation_id FROM instance_events WHERE event='compute_attach_volume')",
            {});
        session.execute(
            "UPDATE instance_events SET finished_at=NULL WHERE event='compute_attach_volume'", {});
      });
  EXPECT_EQ(send("nova-api", "DELETE", "/v2.1/servers/" + server).status, 204);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "gone"; }));
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM instance_events WHERE finished_at IS NULL"), 0);
}

TEST_F(ServerVolumes, are_booted_made_of_an_image_and_go_with_the_server) {
  const std::string server = make_server(
      R"("block_device_mapping_v2":[{"boot_index":0,"source_type":"image","uuid":")" + image_ +
      R"(","destination_type":"volume","volume_size":1,"delete_on_termination":true}])");
  const Json shown = must("nova-api", "GET", "/v2.1/servers/" + server).at("server");
  EXPECT_EQ(shown.at("image"), "");
  const Json volumes = shown.at("os-extended-volumes:volumes_attached");
  ASSERT_EQ(volumes.as_array().size(), 1U);
  const std::string volume = base::get_text(volumes.at(0), "id");
  EXPECT_EQ(volume_status(volume), "in-use");
  EXPECT_EQ(detach(server, volume).status, 403);

  EXPECT_EQ(send("nova-api", "DELETE", "/v2.1/servers/" + server).status, 204);
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "gone"; }));
}

TEST_F(ServerVolumes, that_are_there_are_booted_and_stay) {
  const std::string volume = make_volume(R"("size":1,"imageRef":")" + image_ + "\"");
  const std::string server =
      make_server(R"("block_device_mapping_v2":[{"boot_index":0,"source_type":"volume","uuid":")" +
                  volume + R"(","destination_type":"volume"}])");
  EXPECT_EQ(volume_status(volume), "in-use");
  EXPECT_EQ(send("nova-api", "DELETE", "/v2.1/servers/" + server).status, 204);
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "available"; }));
}

// Who asked was told that it failed, and the server is built all the same.
TEST_F(ServerVolumes, of_a_server_whose_answer_is_lost_are_its_own) {
  service_database::lose_answer(world_.database("nova"), "server.create");
  const auto answer =
      send("nova-api", "POST", "/v2.1/servers",
           R"({"server":{"name":"s","networks":"none","flavorRef":")" + flavor_ +
               R"(","block_device_mapping_v2":[{"boot_index":0,"source_type":"image","uuid":")" +
               image_ + R"(","destination_type":"volume","volume_size":1}]}})");
  EXPECT_EQ(answer.status, 503) << answer.body;
  const Json servers = must("nova-api", "GET", "/v2.1/servers").at("servers");
  ASSERT_EQ(servers.as_array().size(), 1U);
  const std::string server = base::get_text(servers.at(0), "id");
  EXPECT_TRUE(becomes([&] { return server_status(server) == "ACTIVE"; })) << server_status(server);
}

TEST_F(ServerVolumes, that_make_no_sense_are_refused_and_leave_nothing) {
  const std::string blank = make_volume();
  const auto refused = [&](const std::string& device) {
    const auto answer = send("nova-api", "POST", "/v2.1/servers",
                             R"({"server":{"name":"s","networks":"none","flavorRef":")" + flavor_ +
                                 R"(","block_device_mapping_v2":[)" + device + "]}}");
    EXPECT_EQ(answer.status, 400) << device << answer.body;
  };
  refused(R"({"boot_index":0,"source_type":"volume","destination_type":"volume"})");
  refused(R"({"boot_index":0,"source_type":"volume","destination_type":"volume","uuid":")" + blank +
          "\"}");
  refused(R"({"boot_index":0,"source_type":"image","destination_type":"volume","uuid":")" + image_ +
          "\"}");
  refused(R"({"source_type":"blank","destination_type":"volume","volume_size":1})");
  refused(R"({"boot_index":0,"source_type":"blank","destination_type":"volume","volume_size":1})");
  EXPECT_EQ(volume_status(blank), "available");
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM instances"), 0);
}

TEST_F(ServerVolumes, of_a_server_that_can_not_be_are_given_back) {
  const std::string volume = make_volume(R"("size":1,"imageRef":")" + image_ + "\"");
  const std::string too_large =
      id_of(must("nova-api", "POST", "/v2.1/flavors",
                 R"({"flavor":{"name":"huge","ram":9000000,"disk":1,"vcpus":1}})", Caller::admin),
            "flavor");
  const std::string server = id_of(
      must("nova-api", "POST", "/v2.1/servers",
           R"({"server":{"name":"s","networks":"none","flavorRef":")" + too_large +
               R"(","block_device_mapping_v2":[{"boot_index":0,"source_type":"volume","uuid":")" +
               volume + R"(","destination_type":"volume"}]}})"),
      "server");
  EXPECT_TRUE(becomes([&] { return server_status(server) == "ERROR"; }));
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "available"; }));
}

TEST_F(ServerVolumes, become_an_image_that_servers_boot_from) {
  const std::string disks = R"("block_device_mapping_v2":[{"boot_index":0,"uuid":")" + image_ +
                            R"(","source_type":"image","destination_type":"volume",)"
                            R"("volume_size":1,"delete_on_termination":true}])";
  const std::string server = make_server(disks);
  const std::string data = make_volume();
  EXPECT_EQ(attach(server, data).status, 200);
  EXPECT_TRUE(becomes([&] { return volume_status(data) == "in-use"; }));

  const auto action = "/v2.1/servers/" + server + "/action";
  const auto made = send("nova-api", "POST", action,
                         R"({"createImage":{"name":"kept","metadata":{"colour":"blue"}}})");
  ASSERT_EQ(made.status, 202) << made.body;
  const std::string id = base::get_text(base::parse_json(made.body), "image_id");
  const Json image = must("glance-api", "GET", "/v2/images/" + id);
  EXPECT_EQ(base::text_or(image, "status"), "active");
  EXPECT_EQ(base::integer_or(image, "size", -1), 0);
  EXPECT_EQ(base::text_or(image, "visibility"), "private");
  EXPECT_EQ(base::text_or(image, "colour"), "blue");
  EXPECT_EQ(base::parse_json(base::text_or(image, "block_device_mapping")).as_array().size(), 2U);
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM snapshots"), 2);

  ASSERT_TRUE(becomes([&] {
    return count("cinder", "SELECT COUNT(*) FROM snapshots WHERE status='available'") == 2;
  }));
  const std::string twin = make_server(R"("imageRef":")" + id + "\"");
  const Json shown = must("nova-api", "GET", "/v2.1/servers/" + twin).at("server");
  EXPECT_EQ(shown.at("image"), Json(""));
  EXPECT_EQ(shown.at("os-extended-volumes:volumes_attached").as_array().size(), 2U);
  EXPECT_EQ(count("cinder", "SELECT COUNT(*) FROM volumes"), 4);

  // What the user may not say of an image, he may not say here; nothing is left of it.
  const auto refused = send("nova-api", "POST", action,
                            R"({"createImage":{"name":"n","metadata":{"owner":"another"}}})");
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_TRUE(becomes([&] { return count("cinder", "SELECT COUNT(*) FROM snapshots") == 2; }));
}

// Who made them died: before anybody could say that one is whole, and in the middle of the other.
TEST_F(ServerVolumes, become_an_image_that_is_whole_or_leave_nothing) {
  const std::string server = make_server();
  const std::string volume = make_attached(server);
  const std::string lost = "44444444-4444-4444-8444-444444444444";
  (void)must("cinder-api", "POST", "/v3/snapshots",
             R"({"snapshot":{"volume_id":")" + volume +
                 R"(","force":true,"metadata":{"image_id":")" + lost + R"("}}})");
  world_.database("nova").write("died", [&](platform::Session& session) {
    for (const std::string& image : {image_, lost})
      platform::insert(session, nova::store::VolumeImageRow{image, image, "[\"" + volume + "\"]",
                                                            false, base::TimePoint{}});
  });
  EXPECT_TRUE(becomes([&] { return count("cinder", "SELECT COUNT(*) FROM snapshots") == 0; }));
  EXPECT_TRUE(becomes(
      [&] { return count("nova", "SELECT COUNT(*) FROM volume_images WHERE given_up=0") == 0; }));
  EXPECT_EQ(send("glance-api", "GET", "/v2/images/" + image_).status, 200);
}

TEST_F(ServerVolumes, of_an_image_that_says_nonsense_are_refused) {
  for (const std::string mapping :
       {"[", "{}", R"([{\"source_type\":\"snapshot\",\"boot_index\":0}])",
        R"([{\"boot_index\":\"x\"}])"}) {
    auto change = make_request(
        "PATCH", "/v2/images/" + image_,
        R"([{"op":"add","path":"/block_device_mapping","value":")" + mapping + R"("}])");
    change.headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
    (void)world_.must("glance-api", std::move(change), Caller::member);
    const auto answer = send("nova-api", "POST", "/v2.1/servers",
                             R"({"server":{"name":"s","flavorRef":")" + flavor_ +
                                 R"(","networks":"none","imageRef":")" + image_ + R"("}})");
    EXPECT_EQ(answer.status, 400) << mapping << ": " << answer.body;
  }
}

}  // namespace
}  // namespace api_edge
