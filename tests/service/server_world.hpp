// The whole of Nova, Glance and Cinder, and a compute host whose guests are fakes, with an image
// and a flavor that servers are made of.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "cloud_world.hpp"
#include "platform/database/rows.hpp"
#include "service_database.hpp"

namespace api_edge {

using base::Json;

class ServerWorld : public testing::Test {
 protected:
  void SetUp() override {
    world_.start_compute("host-a");
    (void)world_.must("nova-api", make_request("PUT", "/v2.1/os-services/enable",
                                               R"({"host":"host-a","binary":"nova-compute"})"));
    flavor_ =
        id_of(must("nova-api", "POST", "/v2.1/flavors",
                   R"({"flavor":{"name":"tiny","ram":64,"disk":1,"vcpus":1}})", Caller::admin),
              "flavor");
    image_ = base::get_text(must("glance-api", "POST", "/v2/images",
                                 R"({"name":"i","disk_format":"raw","container_format":"bare"})"),
                            "id");
    auto upload = make_request("PUT", "/v2/images/" + image_ + "/file", "not a real disk");
    upload.headers.set("Content-Type", "application/octet-stream");
    (void)world_.must("glance-api", std::move(upload), Caller::member);
  }

  platform::http::Response send(std::string_view role, const std::string& method,
                                const std::string& target, const std::string& body = "",
                                Caller caller = Caller::member) {
    auto request = make_request(method, target, body);
    request.headers.set("OpenStack-API-Version", "compute 2.79, volume 3.44");
    return world_.send(role, std::move(request), caller);
  }
  Json must(std::string_view role, const std::string& method, const std::string& target,
            const std::string& body = "", Caller caller = Caller::member) {
    auto request = make_request(method, target, body);
    request.headers.set("OpenStack-API-Version", "compute 2.79, volume 3.44");
    return world_.must(role, std::move(request), caller);
  }
  static std::string id_of(const Json& answer, std::string_view resource) {
    return base::get_text(*base::find(answer, resource), "id");
  }

  template <class F>
  [[nodiscard]] bool becomes(F condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      world_.runtime().executor.sleep_for(std::chrono::milliseconds{5});
    }
    return false;
  }
  [[nodiscard]] std::string server_status(const std::string& id) {
    const auto answer = send("nova-api", "GET", "/v2.1/servers/" + id);
    if (answer.status == 404) return "gone";
    return base::get_text(base::parse_json(answer.body).at("server"), "status");
  }
  [[nodiscard]] std::string volume_status(const std::string& id) {
    const auto answer = send("cinder-api", "GET", "/v3/volumes/" + id);
    if (answer.status == 404) return "gone";
    return base::get_text(base::parse_json(answer.body).at("volume"), "status");
  }
  std::string make_volume(const std::string& members = R"("size":1)") {
    const std::string id = id_of(
        must("cinder-api", "POST", "/v3/volumes", R"({"volume":{)" + members + "}}"), "volume");
    EXPECT_TRUE(becomes([&] { return volume_status(id) == "available"; })) << volume_status(id);
    return id;
  }
  // Asked for, whatever comes of it.
  std::string ask_for_server(const std::string& disks) {
    return id_of(must("nova-api", "POST", "/v2.1/servers",
                      R"({"server":{"name":"s","flavorRef":")" + flavor_ +
                          R"(","networks":"none",)" + disks + "}}"),
                 "server");
  }
  std::string make_server(const std::string& disks) {
    std::string id = ask_for_server(disks);
    EXPECT_TRUE(becomes([&] { return server_status(id) == "ACTIVE"; }))
        << send("nova-api", "GET", "/v2.1/servers/" + id).body;
    return id;
  }
  std::string make_server() { return make_server(R"("imageRef":")" + image_ + "\""); }
  platform::http::Response attach(const std::string& server, const std::string& volume) {
    return send("nova-api", "POST", "/v2.1/servers/" + server + "/os-volume_attachments",
                R"({"volumeAttachment":{"volumeId":")" + volume + R"("}})");
  }
  platform::http::Response detach(const std::string& server, const std::string& volume) {
    return send("nova-api", "DELETE",
                "/v2.1/servers/" + server + "/os-volume_attachments/" + volume);
  }
  [[nodiscard]] int64_t count(std::string_view service, const std::string& sql) {
    return service_database::beneath(world_.database(service))
        .read([&](platform::Session& session) { return platform::number(session, sql); });
  }

  CloudWorld world_;
  std::string flavor_;
  std::string image_;
};

}  // namespace api_edge
