// Import by glance-download, from a Glance of another region and by a Keystone that knows it.
#include <fmt/core.h>

#include <atomic>

#include "glance_import_world.hpp"
#include "platform/http/server.hpp"

namespace tests::glance_import {
namespace {

using platform::http::Request;
using platform::http::Response;

constexpr const char* kRemote = "0b7a2f4c-5d52-4a5e-9d55-0f3b1c2d4e5f";

// Keystone and the other Glance at once; who has no token is refused.
class OtherRegion {
 protected:
  OtherRegion() {
    port_ = server_.listen({.handler = [this](Request& request) { return answer(request); }});
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  uint16_t port_ = 0;
  std::string remote_status_ = "active";
  std::string remote_format_ = "iso";
  std::atomic<int> leaked_ = 0;  // requests with a token to where a redirect leads

 private:
  [[nodiscard]] std::string catalog() const {
    const auto endpoint = [&](const std::string& region, const std::string& where) {
      return fmt::format(R"({{"interface":"public","region_id":"{}","url":"{}"}})", region, where);
    };
    return fmt::format(R"({{"catalog":[{{"type":"compute","endpoints":[]}},)"
                       R"({{"type":"image","endpoints":[{},{},{},{}]}}]}})",
                       endpoint("RegionOne", "http://192.0.2.1/"), endpoint("RegionTwo", url()),
                       endpoint("Redirected", url() + "/elsewhere"),
                       endpoint("Forbidden", "http://127.0.0.1:1/"));
  }
  Response answer(const Request& request) {
    Response response;
    const std::string image = std::string("/v2/images/") + kRemote;
    if (request.path == "/leak" && request.headers.get("X-Auth-Token")) ++leaked_;
    if (request.headers.value("X-Auth-Token").empty()) {
      response.status = 401;
    } else if (request.path == "/v3/auth/catalog") {
      response.body = catalog();
    } else if (request.path == image) {
      response.body = fmt::format(
          R"({{"status":"{}","disk_format":"{}","container_format":"bare","size":11,)"
          R"("hw_disk_bus":"scsi","os_type":"linux","owner_note":"x","os_glance_x":"y"}})",
          remote_status_, remote_format_);
    } else if (request.path == image + "/file") {
      response.body = "other bytes";
    } else if (request.path == "/elsewhere" + image) {
      response.status = 302;
      response.headers.set("Location", "/leak");
    } else {
      response.status = 404;
    }
    return response;
  }

  platform::http::Server server_{{}};
};

class GlanceDownload : protected OtherRegion, public GlanceImport {
 protected:
  GlanceDownload() : GlanceImport(Stores::one, options()) {}

  std::vector<GlanceOption> options() {
    return {{"DEFAULT", "enabled_import_methods", "[glance-direct,glance-download]"},
            {"keystone_authtoken", "www_authenticate_uri", url() + "/v3/"},
            {"image_format", "require_image_format_match", "false"},
            {"import_filtering_opts", "allowed_ports", fmt::format("['{}']", port_)},
            {"import_filtering_opts", "allowed_networks", "127.0.0.1/32"}};
  }
  Response download(const std::string& image, const std::string& region = "regiontwo",
                    const std::string& id = kRemote, const std::string& more = "") {
    return import(image, fmt::format(R"({{"method":{{"name":"glance-download",)"
                                     R"("glance_region":"{}","glance_image_id":"{}"{}}}}})",
                                     region, id, more));
  }
  std::string failure_of(const std::string& region, const std::string& more = "") {
    const std::string image = create();
    EXPECT_EQ(download(image, region, kRemote, more).status, 202);
    const auto task = ended_task(image);
    EXPECT_EQ(base::text_or(task, "status"), "failure") << base::to_text(task);
    EXPECT_EQ(base::to_text(task).find("X-Auth"), std::string::npos);
    const auto shown = show(image);
    EXPECT_EQ(base::text_or(shown, "status"), "queued");
    EXPECT_EQ(base::text_or(shown, "disk_format"), "raw");
    EXPECT_TRUE(soon_empty("staging"));
    return base::text_or(task, "message");
  }
};

TEST_F(GlanceDownload, brings_an_image_of_another_region) {
  const std::string image = create();

  ASSERT_EQ(download(image).status, 202);

  const auto task = ended_task(image);
  EXPECT_EQ(base::text_or(task, "status"), "success") << base::to_text(task);
  EXPECT_EQ(data(image), "other bytes");
  const auto shown = show(image);
  EXPECT_EQ(base::text_or(shown, "status"), "active");
  EXPECT_EQ(base::text_or(shown, "disk_format"), "iso");
  EXPECT_EQ(base::text_or(shown, "hw_disk_bus"), "scsi");
  EXPECT_EQ(base::text_or(shown, "os_type"), "linux");
  EXPECT_FALSE(base::find(shown, "owner_note"));
  EXPECT_FALSE(base::find(shown, "os_glance_x"));
  EXPECT_TRUE(soon_empty("staging"));
}

TEST_F(GlanceDownload, says_why_there_is_nothing_to_be_had) {
  EXPECT_NE(failure_of("nowhere").find("no public endpoint of Glance in region nowhere"),
            std::string::npos);
  EXPECT_NE(failure_of("RegionTwo", R"(,"glance_service_interface":"admin")").find("no admin"),
            std::string::npos);
  EXPECT_NE(failure_of("Forbidden").find("not allowed"), std::string::npos);
  remote_status_ = "queued";
  EXPECT_NE(failure_of("RegionTwo").find("queued, not active"), std::string::npos);
  remote_status_ = "active";
  remote_format_ = "punched-cards";
  EXPECT_NE(failure_of("RegionTwo").find("format that is not known"), std::string::npos);
}

TEST_F(GlanceDownload, shows_the_token_to_nobody_else) {
  EXPECT_NE(failure_of("Redirected").find("answers 302"), std::string::npos);
  EXPECT_EQ(leaked_, 0);
}

TEST_F(GlanceDownload, refuses_requests_that_lack_something) {
  const std::string image = create();
  EXPECT_EQ(download(image, "").status, 400);
  EXPECT_EQ(download(image, "RegionTwo", "").status, 400);
  const auto answer = download(image, "RegionTwo", "no-uuid");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("Remote image id does not look like a UUID: no-uuid"),
            std::string::npos);
  EXPECT_EQ(download(staged()).status, 409);
}

}  // namespace
}  // namespace tests::glance_import
